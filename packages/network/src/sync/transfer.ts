import type { NostrEvent } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import type { Clock, RelayPool } from '../contract.ts';
import type { OpenProgress } from './progress.ts';

/** What moving events needs. */
export interface TransferOptions {
  readonly pool: Pick<RelayPool, 'load' | 'send'>;
  readonly store: Pick<EventStore, 'query'>;
  readonly clock: Clock;
  readonly relay: string;
  readonly signal?: AbortSignal | undefined;
  readonly progress: OpenProgress;
}

/** Thrown where the relay is gone in the middle: the window begins again. */
export class LostError extends Error {
  override readonly name = 'LostError';
}

/** Ids of one REQ; most relays take 500, and 250 of them fit into 17 KB. */
const fetchIdsMax = 250;
/** REQs at a time. */
const fetchesMax = 4;
/** Events that are sent before their OKs have come. */
const sendsMax = 16;
/** Milliseconds for one REQ or EVENT. */
const transferMs = 20_000;
/** Tries of an EVENT that was rate-limited, and the wait before each. */
const sendTriesMax = 4;
const rateLimitMs = 2_000;

/** Gets events by id through the door of the pool; yields after each round. */
export async function* fetchIds(ids: readonly string[], options: TransferOptions): AsyncGenerator<void> {
  const { pool, relay, signal, progress } = options;
  progress.phase = 'fetching';
  const fetchChunk = async (chunk: readonly string[]): Promise<void> => {
    const plan = new Map([[relay, [{ ids: chunk }]]]);
    const [answer] = await pool.load(plan, { settle: 'all', deadlineMs: transferMs, signal });
    if (answer?.end === 'unreachable' || answer?.end === 'timeout') throw new LostError(answer.reason);
    const events = answer?.filters[0]?.events ?? 0;
    progress.fetched += events;
    progress.missing += chunk.length - events;
    if (answer?.end !== 'eose') progress.reason = answer?.reason;
  };
  for (let at = 0; at < ids.length; at += fetchIdsMax * fetchesMax) {
    const round = ids.slice(at, at + fetchIdsMax * fetchesMax);
    await Promise.all(chunk(round, fetchIdsMax).map(fetchChunk));
    signal?.throwIfAborted();
    yield;
  }
}

/** Sends events of ours by id; yields after each round. */
export async function* sendIds(ids: readonly string[], options: TransferOptions): AsyncGenerator<void> {
  const { store, signal, progress } = options;
  progress.phase = 'sending';
  for (const part of chunk(ids, sendsMax)) {
    const events: NostrEvent[] = [];
    for await (const page of store.query([{ ids: part }], { signal })) {
      for (const { json } of page) events.push(JSON.parse(json) as NostrEvent);
    }
    await Promise.all(events.map((event) => sendEvent(event, options)));
    signal?.throwIfAborted();
    yield;
  }
}

async function sendEvent(event: NostrEvent, options: TransferOptions): Promise<void> {
  const { pool, clock, relay, signal, progress } = options;
  for (let tries = 1; ; tries++) {
    const result = await pool.send(event, relay, { deadlineMs: transferMs, signal });
    if (result.type === 'unreachable' || result.type === 'timeout') throw new LostError(result.reason);
    if (result.type === 'ok' && (result.accepted || result.reason.startsWith('duplicate:'))) {
      progress.sent++;
      return;
    }
    if (!result.reason.startsWith('rate-limited:') || tries >= sendTriesMax) {
      progress.refused++;
      progress.reason = result.reason;
      return;
    }
    await wait(clock, rateLimitMs * tries, signal);
  }
}

/** Waits, and throws the signal's reason where it ends the wait. */
export async function wait(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = clock.after(milliseconds, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    const stop = (): void => {
      cancel();
      resolve();
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
  signal?.throwIfAborted();
}

/** Cuts a list into pieces of at most that many. */
export function chunk<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
