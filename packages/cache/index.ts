export type { Cache, CacheFigures, Lease, OnMessage, WindowCount } from './src/contract.ts';
