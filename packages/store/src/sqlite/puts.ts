import { getExpiration, serializeEvent } from '@nostrata/protocol';
import type { Change, PutRequest, PutResult, RemovedChange, Seq, StoreMetrics } from '../contract.ts';
import type { EntryCache } from './cache.ts';
import { groupEventsMax, groupsInFlightMax } from './limits.ts';
import type { Log } from './log.ts';
import { outcomes, type PutReply, type RemovalNote } from './messages.ts';
import type { WriterClient } from './writer-client.ts';

/** The way of batches to the writer. */
export interface Puts {
  put(batch: readonly PutRequest[]): Promise<readonly PutResult[]>;
  /** Resolves when nothing is on its way. */
  drained(): Promise<void>;
}

/** What puts work with. */
export interface PutsOptions {
  readonly writer: WriterClient;
  readonly log: Log;
  readonly cache: EntryCache;
  readonly now: () => number;
  readonly metrics: StoreMetrics | undefined;
}

interface Batch {
  readonly requests: readonly PutRequest[];
  readonly resolve: (results: readonly PutResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends batches to the writer: one group is written while the next one gathers, so that everything that arrives
 * during a commit shares the next commit.
 */
export function createPuts(options: PutsOptions): Puts {
  const waiting: Batch[] = [];
  const idle = new Set<() => void>();
  let inFlight = 0;
  let lastReplyMs = 0;

  const pump = (): void => {
    while (inFlight < groupsInFlightMax && waiting.length > 0) {
      inFlight += 1;
      void send(takeGroup(waiting));
    }
    if (inFlight > 0) return;
    for (const resolve of idle) resolve();
    idle.clear();
  };
  const send = async (group: readonly Batch[]): Promise<void> => {
    try {
      const requests = group.flatMap((batch) => batch.requests);
      const sentMs = options.now();
      const results = await write(requests, options);
      // A group that was sent early began when the one before it was done.
      const beganMs = Math.max(sentMs, lastReplyMs);
      lastReplyMs = options.now();
      options.metrics?.committed?.(requests.length, (lastReplyMs - beganMs) / 1_000);
      let at = 0;
      for (const batch of group) {
        batch.resolve(results.slice(at, at + batch.requests.length));
        at += batch.requests.length;
      }
    } catch (error) {
      for (const batch of group) batch.reject(error);
    }
    inFlight -= 1;
    pump();
  };
  return {
    put: (requests) => {
      if (requests.length === 0) return Promise.resolve([]);
      return new Promise((resolve, reject) => {
        waiting.push({ requests, resolve, reject });
        pump();
      });
    },
    drained: () =>
      new Promise((resolve) => {
        idle.add(resolve);
        pump();
      }),
  };
}

function takeGroup(waiting: Batch[]): Batch[] {
  const group: Batch[] = [];
  let events = 0;
  for (let next = waiting[0]; next; next = waiting[0]) {
    events += next.requests.length;
    if (group.length > 0 && events > groupEventsMax) break;
    group.push(next);
    waiting.shift();
  }
  return group;
}

async function write(requests: readonly PutRequest[], options: PutsOptions): Promise<PutResult[]> {
  const texts = requests.map(({ event, json }) => json ?? serializeEvent(event));
  const hasSources = requests.some(({ source }) => source !== undefined);
  const sources = hasSources ? requests.map(({ source }) => source) : undefined;
  const reply = await options.writer.ask({ type: 'put', texts, sources, nowMs: options.now() });
  const { changes, results } = readReply(requests, texts, reply);
  for (const change of changes) {
    if (change.type !== 'stored') continue;
    const { seq, event, json } = change;
    const expiresAt = getExpiration(event) ?? null;
    options.cache.add({ seq, kind: event.kind, created_at: event.created_at, json, expiresAt });
  }
  options.log.committed(changes, reply);
  return results;
}

function readReply(
  requests: readonly PutRequest[],
  texts: readonly string[],
  reply: PutReply,
): { changes: Change[]; results: PutResult[] } {
  const changes: Change[] = [];
  // What has left again within the group shows only as removed, as in the log.
  const gone = new Set(reply.removals.map(({ id }) => id));
  const results = requests.map(({ event }, index): PutResult => {
    const outcome = outcomes[reply.outcomes[index] ?? 0] ?? 'invalid';
    const seq = (reply.seqs[index] ?? 0) as Seq;
    const reason = reply.reasons?.get(index);
    if (seq > 0 && !gone.has(event.id)) changes.push({ type: 'stored', seq, event, json: texts[index] ?? '' });
    return { outcome, ...(seq > 0 && { seq }), ...(reason !== undefined && { reason }) };
  });
  if (reply.removals.length > 0) {
    changes.push(...reply.removals.map(toRemoved));
    changes.sort((a, b) => a.seq - b.seq);
  }
  return { changes, results };
}

function toRemoved(note: RemovalNote): RemovedChange {
  return { type: 'removed', ...note, seq: note.seq as Seq };
}
