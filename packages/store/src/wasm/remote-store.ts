import { type Filter, serializeEvent } from '@nostrata/protocol';
import type { EventStore, Item, ReadOptions, RetentionPolicy, StoredEvent, StoreOptions } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { changesDefault } from '../limits.ts';
import type { Link } from './link.ts';
import { createRemoteLog, fromWire } from './remote-log.ts';
import { countVisible, readVisible, readVisibleItems } from './visible.ts';
import type { Call, Pages } from './wire.ts';

/** A store on the other side of a line. */
export interface RemoteStore extends EventStore {
  readonly engine: 'sqlite';
  /** The index that answers the filter. */
  explain(filter: Filter): Promise<string>;
}

/** What the page's side of a store knows from the beginning. */
export interface RemoteStoreOptions extends Pick<StoreOptions, 'now' | 'metrics'> {
  readonly lastSeq: number;
}

/** Makes the page's side of a store. */
export function createRemoteStore(link: Link, options: RemoteStoreOptions): RemoteStore {
  const log = createRemoteLog(link, options.lastSeq);
  const asking = new Set<Promise<unknown>>();
  let stopping: Promise<void> | undefined;
  const check = (): void => {
    if (stopping) throw new StoreError('the store is stopped');
  };
  const ask: Link['ask'] = async (call) => {
    check();
    const reply = link.ask(call);
    asking.add(reply);
    try {
      return await reply;
    } finally {
      asking.delete(reply);
    }
  };
  const cursors = createCursors(link, ask);
  const readEvents = (filters: readonly Filter[], { signal, visibility }: ReadOptions = {}) => {
    check();
    const read = (some: readonly Filter[]): AsyncIterable<readonly StoredEvent[]> =>
      cursors.open((cursor) => ({ type: 'query', filters: some, cursor }), signal);
    return visibility ? readVisible(filters, { visibility, read }) : read(filters);
  };
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      await Promise.allSettled(asking);
      await log.stop();
    })();
    return stopping;
  };
  return {
    engine: 'sqlite',
    put: async (batch) => {
      const beganMs = options.now();
      const texts = batch.map(({ event, json }) => json ?? serializeEvent(event));
      const hasSources = batch.some(({ source }) => source !== undefined);
      const sources = hasSources ? batch.map(({ source }) => source) : undefined;
      const results = await ask({ type: 'put', texts, sources });
      options.metrics?.committed?.(batch.length, (options.now() - beganMs) / 1_000);
      return results;
    },
    withdraw: (event, previous) =>
      ask({
        type: 'withdraw',
        text: serializeEvent(event),
        previousText: previous && serializeEvent(previous),
      }),
    query: readEvents,
    count: async (filters, readOptions = {}) => {
      const { signal, visibility } = readOptions;
      if (visibility) return await countVisible(filters, { visibility, read: (some) => readEvents(some, { signal }) });
      return await unlessAborted(ask({ type: 'count', filters }), signal);
    },
    items: (filter, readOptions = {}) => {
      check();
      const { signal, visibility } = readOptions;
      if (visibility) return readVisibleItems(filter, { visibility, read: (some) => readEvents(some, { signal }) });
      return cursors.open<Item>((cursor) => ({ type: 'items', filter, cursor }), signal);
    },
    changes: async (after, limit = changesDefault) => (await ask({ type: 'changes', after, limit })).map(fromWire),
    lastSeq: log.lastSeq,
    follow: log.follow,
    findKnown: (queries) => ask({ type: 'findKnown', queries }),
    sightings: (id) => ask({ type: 'sightings', id }),
    expire: () => ask({ type: 'expire' }),
    retain: (policy: RetentionPolicy) => ask({ type: 'retain', policy }),
    rebuild: async () => {
      await ask({ type: 'rebuild' });
    },
    check: () => ask({ type: 'check' }),
    statistics: () => ask({ type: 'statistics' }),
    explain: (filter) => ask({ type: 'explain', filter }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Reads in pages, each a message, the first of which opens the read on the other side. */
function createCursors(link: Link, ask: Link['ask']) {
  let lastCursor = 0;
  const open = async function* <T extends StoredEvent | Item>(
    first: (cursor: number) => Call & { readonly type: 'query' | 'items' },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly T[]> {
    signal?.throwIfAborted();
    lastCursor += 1;
    const cursor = lastCursor;
    let isOpen = true;
    try {
      for (let call: Call & { readonly type: 'query' | 'items' | 'next' } = first(cursor); ; ) {
        const { pages, isLast } = (await unlessAborted(ask(call), signal)) as Pages<T>;
        isOpen = !isLast;
        for (const page of pages) {
          signal?.throwIfAborted();
          yield page;
        }
        if (isLast) return;
        call = { type: 'next', cursor };
      }
    } finally {
      if (isOpen) link.tell({ type: 'leave', cursor });
    }
  };
  return { open };
}

/** The answer, or the reason of the signal where that comes first. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return answer;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
