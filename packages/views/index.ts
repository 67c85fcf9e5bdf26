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
export { ViewError } from './src/errors.ts';
export type { Sourced } from './src/reading.ts';
export { getRelayList, getRelayLists, type RelayList, relayListView } from './src/relay-list.ts';
export { createViews, type ViewsOptions } from './src/views.ts';
