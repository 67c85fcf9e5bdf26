import type { Filter } from '@nostrata/protocol';
import type { EventStore, PutRequest, PutResult, ReadOptions, StoreOptions } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { createFollowers } from '../followers.ts';
import { changesDefault, removalBatchEvents, sourceCharactersMax } from '../limits.ts';
import { createOwnRelayCheck } from '../own-relay.ts';
import { applyEvent, withdrawEvent } from '../rules.ts';
import { checkTable } from './check.ts';
import type { ReadContext } from './context.ts';
import { countMatches, readItems, readPages } from './read.ts';
import { retainRows } from './retain.ts';
import type { MemoryRow } from './row.ts';
import { type Choice, chooseRuns } from './scan.ts';
import { Table } from './table.ts';

/** The memory engine: the whole contract, and a look at its planner. */
export interface MemoryStore extends EventStore {
  /** The index that answers the filter. */
  explain(filter: Filter): Choice['index'];
}

/** Creates a store that lives as long as the process. Times come from `options.now`. */
export function createMemoryStore(options: StoreOptions): MemoryStore {
  const table = new Table();
  const followers = createFollowers();
  const isOwnRelay = createOwnRelayCheck(options.relayUrls);
  let isStopped = false;

  const begin = (readOptions: ReadOptions = {}): ReadContext => {
    if (isStopped) throw new StoreError('the store is stopped');
    return { table, now: options.now, options: readOptions, snapshot: table.log.last };
  };
  /** Runs one transaction and tells the followers what it changed. */
  const commit = <T>(work: () => T): T => {
    if (isStopped) throw new StoreError('the store is stopped');
    const before = table.log.last;
    const result = work();
    followers.tell(table.log.after(before, Number.POSITIVE_INFINITY));
    return result;
  };
  const removeBatch = (rows: readonly MemoryRow[], reason: 'expired' | 'retained'): void =>
    commit(() => {
      for (const row of rows) table.remove(row, reason, undefined);
    });
  const stop = async (): Promise<void> => {
    isStopped = true;
  };

  return {
    engine: 'memory',
    async put(batch) {
      const startedMs = options.now();
      const rules = { nowSeconds: Math.floor(startedMs / 1_000), isOwnRelay };
      const results = commit(() => batch.map((request) => putOne(table, request, { ...rules, nowMs: startedMs })));
      options.metrics?.committed?.(batch.length, (options.now() - startedMs) / 1_000);
      return results;
    },
    query: (filters, readOptions) => readPages(filters, begin(readOptions)),
    count: async (filters, readOptions) => await countMatches(filters, begin(readOptions)),
    items: (filter, readOptions) => readItems(filter, begin(readOptions)),
    changes: async (after, limit) => table.log.after(after, limit ?? changesDefault),
    lastSeq: () => table.log.last,
    follow: (follower) => followers.add(follower),
    findKnown: (queries) =>
      queries.map(({ id, sig, source }) => {
        const row = table.rows.get(id);
        if (row?.event.sig !== sig) return false;
        addSighting(row, source, options.now());
        return true;
      }),
    async sightings(id) {
      const sources = [...(table.rows.get(id)?.sources ?? [])];
      return sources
        .map(([source, firstSeenMs]) => ({ source, firstSeenMs }))
        .sort((a, b) => a.firstSeenMs - b.firstSeenMs);
    },
    async withdraw(event, previous) {
      const rules = { nowSeconds: Math.floor(options.now() / 1_000), isOwnRelay };
      return commit(() => withdrawEvent(table, { event, previous }, rules));
    },
    async expire() {
      let removed = 0;
      for (;;) {
        const batch = listExpired(table, Math.floor(options.now() / 1_000));
        if (batch.length === 0) return removed;
        removeBatch(batch, 'expired');
        removed += batch.length;
      }
    },
    retain: async (policy) =>
      await retainRows(table, policy, { now: options.now, removeBatch: (rows) => removeBatch(rows, 'retained') }),
    rebuild: async () => table.rebuild(),
    check: async () => checkTable(table),
    statistics: async () => ({ events: table.rows.size, bytes: table.bytes, lastSeq: table.log.last }),
    explain: (filter) => chooseRuns(filter, table.indexes).index,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function putOne(
  table: Table,
  request: PutRequest,
  options: Parameters<typeof applyEvent>[2] & { readonly nowMs: number },
): PutResult {
  const result = applyEvent(table, request, options);
  const row = table.rows.get(request.event.id);
  if (row) addSighting(row, request.source, options.nowMs);
  return result;
}

function addSighting(row: MemoryRow, source: string | undefined, nowMs: number): void {
  if (source === undefined) return;
  const name = source.slice(0, sourceCharactersMax);
  if (!row.sources.has(name)) row.sources.set(name, nowMs);
}

function listExpired(table: Table, nowSeconds: number): MemoryRow[] {
  const rows: MemoryRow[] = [];
  for (const row of table.indexes.expiring) {
    if ((row.expiration ?? 0) > nowSeconds || rows.length === removalBatchEvents) break;
    rows.push(row);
  }
  return rows;
}
