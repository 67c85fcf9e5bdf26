export type {
  Change,
  CheckReport,
  CountResult,
  EventStore,
  Follower,
  Item,
  KnownQuery,
  PutOutcome,
  PutRequest,
  PutResult,
  ReadOptions,
  RemovalReason,
  RemovedChange,
  RetentionPolicy,
  RetentionReport,
  Seq,
  Sighting,
  StoredChange,
  StoredEvent,
  StoreMetrics,
  StoreOptions,
  StoreStatistics,
  Visibility,
} from './src/contract.ts';
export { StoreError } from './src/errors.ts';
export { createMemoryStore, type MemoryStore } from './src/memory/store.ts';
export { openStore } from './src/open.ts';
export { toSeq } from './src/seq.ts';
export type { SqliteStore } from './src/sqlite/assemble.ts';
export type { SqliteStoreOptions } from './src/sqlite/store.ts';
