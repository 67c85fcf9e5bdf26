export type {
  RebuildOptions,
  RebuildReport,
  RowDifference,
  View,
  ViewStatus,
  Views,
  ViewTable,
  ViewTransaction,
} from './src/contract.ts';
