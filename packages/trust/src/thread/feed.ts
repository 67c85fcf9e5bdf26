import type { Filter } from '@nostrata/protocol';
import type { Change, EventStore } from '@nostrata/store';
import type { Relation } from '../graph/graph.ts';
import { relationByKind } from '../graph/read-list.ts';
import { loadBatchEvents, replaceBatchAuthors, waitingListsMax } from '../limits.ts';
import type { Ask } from './thread.ts';

/** Matches no event, and costs nothing to look for. */
const nothing: Filter = { ids: ['0'.repeat(64)] };

/** Keeps the graph of a thread equal to the store. */
export interface Feed {
  /** Reads every list from the store. What changes meanwhile waits for `flush`. */
  load(ask: Ask): Promise<void>;
  /** Reads the lists that changed once more and puts them in place; says whether there were any. */
  flush(ask: Ask): Promise<boolean>;
  /** True after more changes than can wait: only `load` helps. */
  readonly mustLoad: boolean;
  stop(): void;
}

/**
 * Follows the log of the store. A change only marks its author's list, which is then read again from the store: so it
 * does not matter what happened to it, in which order, or how often.
 */
export function createFeed(store: EventStore): Feed {
  const waiting = new Map<string, { readonly kind: number; readonly pubkey: string }>();
  let mustLoad = false;

  const mark = (kind: number, pubkey: string): void => {
    if (!relationByKind.has(kind)) return;
    if (waiting.size >= waitingListsMax) mustLoad = true;
    else waiting.set(`${kind}:${pubkey}`, { kind, pubkey });
  };
  const unfollow = store.follow((changes: readonly Change[]) => {
    for (const change of changes) {
      const { kind, pubkey } = change.type === 'stored' ? change.event : change;
      mark(kind, pubkey);
    }
  });

  return {
    get mustLoad() {
      return mustLoad;
    },
    async load(ask) {
      waiting.clear();
      mustLoad = false;
      await ask('startLoading', null);
      for (const kind of relationByKind.keys()) await loadKind(store, kind, ask);
      await ask('endLoading', null);
    },
    async flush(ask) {
      const lists = [...waiting.values()];
      waiting.clear();
      // A store that is away tells of no changes either: ranks that it cannot confirm must grow old.
      if (lists.length === 0) await store.count([nothing]);
      try {
        for (const [kind, relation] of relationByKind) {
          const authors = lists.filter((list) => list.kind === kind).map(({ pubkey }) => pubkey);
          await replaceLists(store, { kind, relation, authors }, ask);
        }
      } catch (error) {
        for (const { kind, pubkey } of lists) mark(kind, pubkey);
        throw error;
      }
      return lists.length > 0;
    },
    stop: unfollow,
  };
}

async function loadKind(store: EventStore, kind: number, ask: Ask): Promise<void> {
  let texts: string[] = [];
  for await (const page of store.query([{ kinds: [kind] }])) {
    for (const { json } of page) texts.push(json);
    if (texts.length < loadBatchEvents) continue;
    await ask('load', { texts });
    texts = [];
  }
  if (texts.length > 0) await ask('load', { texts });
}

interface ListsOfKind {
  readonly kind: number;
  readonly relation: Relation;
  readonly authors: readonly string[];
}

async function replaceLists(store: EventStore, { kind, relation, authors }: ListsOfKind, ask: Ask): Promise<void> {
  for (let next = 0; next < authors.length; next += replaceBatchAuthors) {
    const pubkeys = authors.slice(next, next + replaceBatchAuthors);
    const texts: string[] = [];
    for await (const page of store.query([{ kinds: [kind], authors: pubkeys }])) {
      for (const { json } of page) texts.push(json);
    }
    await ask('replace', { relation, pubkeys, texts });
  }
}
