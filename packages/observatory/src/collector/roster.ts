import { normalizeRelayUrl } from '@nostrata/protocol';
import type { Clock } from '../contract.ts';
import type { Books } from './books.ts';
import type { CollectedRelay } from './contract.ts';
import type { Coverage } from './coverage.ts';
import type { Intake } from './intake.ts';
import type { CollectorLimits } from './limits.ts';
import type { Session } from './session.ts';
import type { Source } from './source.ts';

/** What the roster works with. */
export interface RosterOptions {
  readonly books: Pick<Books, 'claim'>;
  readonly intake: Pick<Intake, 'remember'>;
  readonly coverage: Coverage;
  readonly clock: Clock;
  readonly limits: CollectorLimits;
  startSession(source: Source): Session;
}

/** The relays that this collector collects from now. */
export interface Roster {
  /** Takes these relays and gives up all others. Rejects with `DatabaseError` where new ones cannot be claimed. */
  set(relays: readonly CollectedRelay[]): Promise<void>;
  /** Gives up relays that belong to others now. */
  drop(relays: ReadonlySet<number>): void;
  find(url: string): Session | undefined;
  sessions(): Iterable<Session>;
  readonly size: number;
  stop(): void;
}

/** Creates an empty roster. */
export function createRoster(options: RosterOptions): Roster {
  const { books, intake, coverage, clock, limits } = options;
  const sessionByUrl = new Map<string, Session>();
  let wanted: ReadonlyMap<string, CollectedRelay> = new Map();
  let queue: Source[] = [];
  let cancel: (() => void) | undefined;
  let last: Promise<void> = Promise.resolve();

  const startSome = (): void => {
    cancel = undefined;
    for (const source of queue.splice(0, limits.startsPerSecond))
      sessionByUrl.set(source.url, options.startSession(source));
    if (queue.length > 0) cancel = clock.after(1_000, startSome);
  };
  const remove = (url: string): void => {
    const session = sessionByUrl.get(url);
    queue = queue.filter((source) => source.url !== url);
    if (session === undefined) return;
    session.stop();
    coverage.end(session.source);
    sessionByUrl.delete(url);
  };
  const add = async (relays: readonly CollectedRelay[]): Promise<void> => {
    if (relays.length === 0) return;
    const nowMs = clock.now();
    const firstSince = Math.max(0, Math.floor(nowMs / 1000) - limits.lookBackSeconds);
    const known = await books.claim(
      relays.map(({ relay }) => relay),
      firstSince,
    );
    for (const { relay, url } of relays) {
      const book = known.get(relay);
      if (book === undefined || !wanted.has(url)) continue;
      const { since, fingerprints, accountedMs } = book;
      intake.remember(relay, fingerprints);
      const state = {
        newest: since,
        watermark: since,
        isCaughtUp: false,
        isConnected: false,
        isRecovering: true,
        forged: 0,
        genuine: 0,
      };
      const source: Source = { relay, url, ...state };
      coverage.begin(source, accountedMs ?? nowMs);
      queue.push(source);
    }
    if (cancel === undefined) startSome();
  };
  const update = async (): Promise<void> => {
    for (const url of [...sessionByUrl.keys(), ...queue.map((source) => source.url)]) if (!wanted.has(url)) remove(url);
    const queued = new Set(queue.map(({ url }) => url));
    await add([...wanted.values()].filter(({ url }) => !sessionByUrl.has(url) && !queued.has(url)));
  };

  return {
    set(relays) {
      wanted = new Map(
        relays.flatMap(({ relay, url }) => {
          const normalized = normalizeRelayUrl(url);
          return normalized === null ? [] : [[normalized, { relay, url: normalized }] as const];
        }),
      );
      // One after the other, so that no relay is claimed twice.
      const run = last.then(update);
      last = run.catch(() => undefined);
      return run;
    },
    drop(relays) {
      for (const { source } of [...sessionByUrl.values()]) if (relays.has(source.relay)) remove(source.url);
    },
    find: (url) => sessionByUrl.get(url),
    sessions: () => sessionByUrl.values(),
    get size() {
      return sessionByUrl.size + queue.length;
    },
    stop() {
      wanted = new Map();
      cancel?.();
      queue = [];
      for (const url of [...sessionByUrl.keys()]) remove(url);
    },
  };
}
