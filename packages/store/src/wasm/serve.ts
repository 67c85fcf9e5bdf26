import type { Database } from '@nostrata/database';
import type { VerifiedEvent } from '@nostrata/protocol';
import type { Change, EventStore, Item, PutRequest, Seq, StoredEvent } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { toFailure } from './failures.ts';
import { joinedPageEvents } from './limits.ts';
import { createTurns, type Turns } from './turns.ts';
import type { Call, Incoming, Pages, Replies, Request, WireChange } from './wire.ts';

/** What is served: a store that can explain itself, and a database. */
export interface Served {
  readonly store: EventStore & { explain(filter: unknown): string };
  readonly database: Database;
}

/** One page that is served. */
export interface Session {
  /** Takes a request; its answer is sent when there is one. */
  handle(request: Request): void;
  /** Ends reads and transactions that are open. */
  close(): void;
}

/** Serves pages. */
export interface Service {
  connect(send: (message: Incoming) => void): Session;
  /** Resolves when everything that was asked of the store has been answered. */
  settled(): Promise<void>;
}

/** Serves a storage to any number of pages. `setNow` is told the time of each request before it is served. */
export function createService(served: Served, setNow: (nowMs: number) => void): Service {
  const turns = createTurns(served.database);
  const running = new Set<Promise<void>>();
  return {
    connect: (send) => {
      const session = openSession(served, turns, send);
      const serve = async ({ number, call }: Request): Promise<void> => {
        try {
          send({ number, reply: await session.serve(call) });
        } catch (error) {
          send({ number, failure: toFailure(error) });
        }
      };
      return {
        handle: (request) => {
          setNow(request.nowMs);
          const one = serve(request);
          // A transaction may wait for another one, and that for its page.
          if (isSql(request.call)) return;
          running.add(one);
          void one.finally(() => running.delete(one));
        },
        close: session.close,
      };
    },
    settled: async () => {
      await Promise.all(running);
    },
  };
}

function isSql({ type }: Call): boolean {
  return type === 'begin' || type === 'sql' || type === 'commit' || type === 'rollback';
}

interface Cursor {
  readonly pages: AsyncIterator<readonly (StoredEvent | Item)[]>;
  readonly hasEvents: boolean;
}

function openSession(
  { store }: Served,
  turns: Turns,
  send: (message: Incoming) => void,
): { serve(call: Call): Promise<Replies[keyof Replies]>; close(): void } {
  const cursors = new Map<number, Cursor>();
  const mine = turns.enter();
  let isFollowing = false;
  let last: number = store.lastSeq();
  const unfollow = store.follow((changes) => {
    const beforeSeq = last;
    last = changes.at(-1)?.seq ?? last;
    send({ commit: { beforeSeq, lastSeq: last, changes: isFollowing ? changes.map(toWire) : undefined } });
  });
  // Who comes from another tab that led may have missed something.
  send({ commit: { beforeSeq: last, lastSeq: last, changes: undefined } });
  const read = async (number: number): Promise<Pages<StoredEvent | Item>> => {
    const cursor = cursors.get(number);
    if (!cursor) throw new StoreError('the read has ended, because the tab that answered it was closed: ask again');
    const reply = await readPages(cursor);
    if (reply.isLast) cursors.delete(number);
    return reply;
  };
  const open = (number: number, pages: AsyncIterable<readonly (StoredEvent | Item)[]>, hasEvents: boolean) => {
    cursors.set(number, { pages: pages[Symbol.asyncIterator](), hasEvents });
    return read(number);
  };
  const serve = async (call: Call): Promise<Replies[keyof Replies]> => {
    switch (call.type) {
      case 'query':
        return await open(call.cursor, store.query(call.filters), true);
      case 'items':
        return await open(call.cursor, store.items(call.filter), false);
      case 'next':
        return await read(call.cursor);
      case 'leave':
        await cursors.get(call.cursor)?.pages.return?.();
        cursors.delete(call.cursor);
        return undefined;
      case 'follow':
        isFollowing = call.isFollowing;
        return store.lastSeq();
      case 'begin':
        return await mine.begin();
      case 'sql':
        return await mine.query(call);
      case 'commit':
      case 'rollback':
        return await mine.end(call);
      default:
        return await serveStore(store, call);
    }
  };
  const close = (): void => {
    unfollow();
    mine.leave();
    cursors.clear();
  };
  return { serve, close };
}

/** Calls that one answer settles. */
type Plain = Exclude<
  Call,
  { type: 'query' | 'items' | 'next' | 'leave' | 'follow' | 'begin' | 'sql' | 'commit' | 'rollback' }
>;

async function serveStore(store: Served['store'], call: Plain): Promise<Replies[keyof Replies]> {
  switch (call.type) {
    case 'put':
      return await store.put(call.texts.map((json, index) => toRequest(json, call.sources?.[index])));
    case 'withdraw':
      return await store.withdraw(
        toEvent(call.text),
        call.previousText === undefined ? undefined : toEvent(call.previousText),
      );
    case 'count':
      return await store.count(call.filters);
    case 'changes':
      return (await store.changes(call.after as Seq, call.limit)).map(toWire);
    case 'findKnown':
      return await store.findKnown(call.queries);
    case 'sightings':
      return await store.sightings(call.id);
    case 'retain':
      return await store.retain(call.policy);
    case 'explain':
      return store.explain(call.filter);
    case 'expire':
      return await store.expire();
    case 'rebuild':
      await store.rebuild();
      return undefined;
    case 'check':
      return await store.check();
    case 'statistics':
      return await store.statistics();
    case 'flush':
      return undefined;
  }
}

/** What a page puts was verified by it. */
function toEvent(json: string): VerifiedEvent {
  return JSON.parse(json) as VerifiedEvent;
}

function toRequest(json: string, source: string | undefined): PutRequest {
  return { event: toEvent(json), json, source };
}

function toWire(change: Change): WireChange {
  return change.type === 'stored' ? { type: 'stored', seq: change.seq, json: change.json } : change;
}

/** The next page, and the one after it where the first is small: most reads are one message that way. */
async function readPages({ pages, hasEvents }: Cursor): Promise<Pages<StoredEvent | Item>> {
  const first = await pages.next();
  if (first.done) return { pages: [], isLast: true };
  if (first.value.length >= joinedPageEvents) return { pages: [toPlain(first.value, hasEvents)], isLast: false };
  const second = await pages.next();
  if (second.done) return { pages: [toPlain(first.value, hasEvents)], isLast: true };
  return { pages: [toPlain(first.value, hasEvents), toPlain(second.value, hasEvents)], isLast: false };
}

/** Without what the engine keeps beside an event. */
function toPlain(page: readonly (StoredEvent | Item)[], hasEvents: boolean): readonly (StoredEvent | Item)[] {
  if (!hasEvents) return page;
  return (page as readonly StoredEvent[]).map(({ seq, kind, created_at, json }) => ({ seq, kind, created_at, json }));
}
