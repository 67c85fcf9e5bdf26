import { type LiveSubscription, type RelayAnswer, type RelayPool, reconcile, type SyncParts } from '@nostrata/network';
import type { Filter } from '@nostrata/protocol';
import type { Clock } from '../contract.ts';
import type { CollectorLimits } from './limits.ts';
import type { Source } from './source.ts';
import type { Turns } from './turns.ts';

/** What the collection from one relay works with. */
export interface SessionOptions {
  readonly source: Source;
  readonly pool: RelayPool;
  /** The store behind the door, for gaps that are too long to fetch again what is known. */
  readonly store: SyncParts['store'] | undefined;
  /** Whose turn it is to fill a gap. */
  readonly turns: Turns;
  /** The kinds to ask for; undefined: all. */
  readonly kinds: readonly number[] | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits: CollectorLimits;
  /** Something of our own did not work; it is tried again. */
  failed(error: unknown): void;
}

/** Keeps one live subscription with a relay, from where it had come, and fills what an outage left out. */
export interface Session {
  readonly source: Source;
  /** The connection came or went. */
  connected(isConnected: boolean): void;
  /** More came than could be kept: what is missing is asked for again. */
  overflowed(): void;
  /** It sends nothing that is worth its cost: it is left alone for a while, longer each time. */
  suspend(): void;
  /** Idempotent. */
  stop(): void;
}

/** A span of seconds, both inclusive. */
interface Span {
  readonly since: number;
  readonly until: number;
}

/** Milliseconds until a relay counts as one that never ends its answer. */
const answerMs = 60_000;
/** Events may be dated so far ahead. */
const aheadSeconds = 900;

/** Starts it. */
export function startSession(options: SessionOptions): Session {
  return new RelaySession(options);
}

class RelaySession implements Session {
  readonly source: Source;
  readonly #options: SessionOptions;
  readonly #stopping = new AbortController();
  /** Ends what holds only while the connection holds. */
  #connection = new AbortController();
  #live: LiveSubscription | undefined;
  #asked = 0;
  #isSuspended = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.source = options.source;
    void this.#run();
  }

  connected(isConnected: boolean): void {
    if (isConnected === this.source.isConnected) return;
    this.source.isConnected = isConnected;
    if (!isConnected) this.#lose();
  }

  overflowed(): void {
    this.#lose();
  }

  suspend(): void {
    this.#isSuspended = true;
    this.#lose();
    this.#live?.close();
  }

  stop(): void {
    this.source.isCaughtUp = false;
    this.#stopping.abort();
    this.#connection.abort();
    this.#live?.close();
  }

  #lose(): void {
    this.source.isCaughtUp = false;
    this.#connection.abort();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      let end = await this.#follow().catch((error: unknown) => {
        this.#options.failed(error);
        return 'refused' as const;
      });
      if (this.#isSuspended) end = 'refused';
      this.#isSuspended = false;
      if (end === 'refused') await this.#pause(Math.min(20, failures++));
      else failures = 0;
    }
  }

  /** Asks once and stays as long as that holds. */
  async #follow(): Promise<'lost' | 'refused' | 'renew' | 'unreachable'> {
    const { limits } = this.#options;
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    const since = this.#since();
    const answer = await this.#ask(since);
    if (this.#stopping.signal.aborted) return 'lost';
    if (answer.end === 'unreachable' || (answer.end === 'timeout' && !this.source.isConnected)) return 'unreachable';
    if (answer.end !== 'eose') return 'refused';
    if (signal.aborted) return 'lost';
    const gap = findGap(answer, since, Math.floor(this.#options.clock.now() / 1000));
    if (gap !== undefined && !(await this.#fill(gap, signal))) return signal.aborted ? 'lost' : 'refused';
    if (signal.aborted) return 'lost';
    this.source.isCaughtUp = true;
    this.source.isRecovering = false;
    await this.#wait(limits.renewalMs * (0.5 + this.#options.random() / 2), signal);
    return signal.aborted ? 'lost' : 'renew';
  }

  /** A new subscription takes the place of the old one, so that the connection is wanted all the time. */
  #ask(since: number): Promise<RelayAnswer> {
    const { pool, kinds } = this.#options;
    const filter: Filter = kinds === undefined ? { since } : { kinds, since };
    const before = this.#live;
    const { promise, resolve } = Promise.withResolvers<RelayAnswer>();
    const plan = new Map([[this.source.url, [filter]]]);
    this.#live = pool.subscribe(plan, { settle: 'all', deadlineMs: answerMs, onAnswer: resolve });
    before?.close();
    return promise;
  }

  #since(): number {
    const { clock, limits } = this.#options;
    const now = Math.floor(clock.now() / 1000);
    // Never twice the same, or the pool would take it for the subscription that is to be replaced.
    const turn = this.#asked++ % 10;
    return Math.max(0, Math.min(this.source.watermark, now) - limits.overlapSeconds - turn);
  }

  /** Fills a gap by NIP-77 or pages; false where the relay did not let us. */
  async #fill(gap: Span, signal: AbortSignal): Promise<boolean> {
    const { pool, turns } = this.#options;
    const end = await turns.take(signal);
    if (end === undefined) return false;
    try {
      const filled = await this.#sync(gap, pool, signal);
      if (filled !== 'in part') return filled === 'whole';
      // It named events that it does not send by id, as where it cuts such answers too: pages find them.
      const negotiate: RelayPool['negotiate'] = async () => 'unsupported';
      const { load, send, count } = pool;
      return (await this.#sync(gap, { load, send, count, negotiate }, signal)) !== 'failed';
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    } finally {
      end();
    }
  }

  async #sync(
    { since, until }: Span,
    pool: SyncParts['pool'],
    signal: AbortSignal,
  ): Promise<'whole' | 'in part' | 'failed'> {
    const { clock, kinds, limits } = this.#options;
    const isLong = until - since > limits.exactGapSeconds;
    const store = (isLong ? this.#options.store : undefined) ?? emptyStore;
    const filter: Filter = kinds === undefined ? { since, until } : { kinds, since, until };
    const relays = [this.source.url];
    let missing = 0;
    for await (const progress of reconcile({ store, pool, clock }, filter, { relays, direction: 'down', signal })) {
      if (progress.phase === 'failed') return 'failed';
      missing = progress.missing;
    }
    return missing > 0 ? 'in part' : 'whole';
  }

  async #pause(failures: number): Promise<void> {
    const { limits, random } = this.#options;
    const full = Math.min(limits.askAgainMsMax, limits.askAgainMs * 2 ** failures);
    await this.#wait(full * (0.5 + random() / 2), this.#stopping.signal);
  }

  #wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.#options.clock.after(milliseconds, end);
      signal.addEventListener('abort', end);
    });
  }
}

/** What a relay left out because its answer was cut. */
function findGap({ filters: [answer] }: RelayAnswer, since: number, nowSeconds: number): Span | undefined {
  if (answer === undefined || answer.complete) return undefined;
  if (answer.oldest === undefined) return { since, until: nowSeconds + aheadSeconds };
  return answer.oldest < since ? undefined : { since, until: answer.oldest };
}

/** Nothing is known: everything that the relay has is fetched, and so counted for it. */
const emptyStore: SyncParts['store'] = {
  async *items() {},
  async *query() {},
  sightings: async () => [],
};
