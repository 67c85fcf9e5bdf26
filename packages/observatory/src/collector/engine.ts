import type { RelayPool, SyncParts } from '@nostrata/network';
import type { NostrEvent } from '@nostrata/protocol';
import { createAccount } from './account.ts';
import { type Books, createBooks } from './books.ts';
import type { CollectedStatus, CollectorDoor, CollectorFigures, CollectorOptions } from './contract.ts';
import { createCoverage } from './coverage.ts';
import type { Figures } from './figures.ts';
import { createFingerprinter } from './fingerprint.ts';
import { createFlusher, type Flusher } from './flusher.ts';
import { createIntake, type Intake } from './intake.ts';
import { createJudge } from './judge.ts';
import { createLedger } from './ledger.ts';
import { type CollectorLimits, defaultCollectorLimits } from './limits.ts';
import { createRoster, type Roster } from './roster.ts';
import { startSession } from './session.ts';
import type { Source } from './source.ts';
import { createTurns } from './turns.ts';

/** The kinds that statistics are made of. */
const defaultKinds: readonly number[] = [0, 1, 3, 7, 9735, 10002, 10166, 30023, 30166];

/** Gaps that are filled at a time. */
const turnsMax = 16;
/** Relays that are dialled in a second at the start. */
const startsPerSecond = 50;

/** What exists while a collector runs. */
export interface Engine {
  statuses(): readonly CollectedStatus[];
  figures(): CollectorFigures;
  flush(): Promise<boolean>;
  stop(): Promise<void>;
}

/** Opens the books, connects the parts and begins to collect. */
export async function startEngine(options: CollectorOptions, figures: Figures): Promise<Engine> {
  const limits = { ...defaultCollectorLimits, ...options.limits };
  const { random, database } = options;
  const owner = Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(36)).join('-');
  const books = createBooks(database, owner);
  const fingerprinter = createFingerprinter(await books.open(random));
  const parts = connect({ options, limits, books, fingerprinter, figures });
  const engine = new RunningEngine(parts);
  await engine.begin();
  return engine;
}

/** The parts of a running engine. */
interface Parts {
  readonly options: CollectorOptions;
  readonly limits: CollectorLimits;
  readonly books: Books;
  readonly figures: Figures;
  readonly pool: RelayPool;
  readonly roster: Roster;
  readonly intake: Intake;
  readonly flusher: Flusher;
  readonly stateChanged: (source: Source) => void;
  readonly account: (isForced: boolean) => void;
  readonly failed: (where: string, error: unknown) => void;
}

function connect(
  from: Pick<Parts, 'options' | 'limits' | 'books' | 'figures'> & {
    readonly fingerprinter: Parameters<typeof createIntake>[0]['fingerprinter'];
  },
): Parts {
  const { options, limits, books, figures, fingerprinter } = from;
  const { clock, random, logger, metrics = {} } = options;
  const ledger = createLedger();
  const intake = createIntake({ clock, limits, fingerprinter, ledger, figures, ready: () => flusher.wake() });
  const coverage = createCoverage({ now: () => clock.now(), ledger, stepMsMax: 2 * limits.coverageMs });
  const pool = options.createPool(
    createDoor(options, (event, url) => {
      const session = roster.find(url);
      return session === undefined ? Promise.resolve('gone') : intake.deliver(event, session.source);
    }),
  );
  const failed = (where: string, error: unknown): void => {
    metrics.failed?.(where);
    logger.warn({ err: error, where }, 'a part of the collection did not work; it is tried again');
  };
  const shared = {
    ...{ pool, clock, random, limits },
    store: options.store ?? emptyStore,
    turns: createTurns(turnsMax),
    kinds: options.kinds === 'all' ? undefined : (options.kinds ?? defaultKinds),
    failed: (error: unknown) => failed('session', error),
  };
  const roster = createRoster({
    ...{ books, intake, coverage, clock, limits, startsPerSecond },
    startSession: (source) => startSession({ ...shared, source }),
  });
  const account = createAccount({
    ...{ pool, coverage, ledger, clock, find: roster.find },
    everyMs: limits.coverageMs,
  });
  const flusher = createFlusher({
    ...{ intake, ledger, books, clock, limits, logger, metrics },
    judge: createJudge(options.ingest),
    observe: options.observe,
    account: () => account(false),
    sources: () => Array.from(roster.sessions(), ({ source }) => source),
    lost: (relays) => roster.drop(relays),
  });
  const stateChanged = coverage.settle;
  return { options, limits, books, figures, pool, roster, intake, flusher, stateChanged, account, failed };
}

class RunningEngine implements Engine {
  readonly #parts: Parts;
  #ends: (() => void)[] = [];
  #isStopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async begin(): Promise<void> {
    const { options, limits, pool, roster, flusher, figures, stateChanged } = this.#parts;
    const connectedRelays = new Set<string>();
    this.#ends.push(
      pool.onState(({ relay, state }) => {
        const isConnected = state === 'open' || state === 'authenticating';
        if (isConnected) connectedRelays.add(relay);
        else connectedRelays.delete(relay);
        const session = roster.find(relay);
        if (session !== undefined) {
          if (session.source.isConnected !== isConnected) stateChanged(session.source);
          session.connected(isConnected);
        }
        options.metrics?.connections?.('open', connectedRelays.size);
      }),
    );
    flusher.start();
    figures.start();
    await this.#list();
    if (options.onRelays) this.#ends.push(options.onRelays(() => void this.#listSafely()));
    this.#every(limits.pruneMs, () => this.#prune());
  }

  statuses(): readonly CollectedStatus[] {
    const failureByUrl = new Map(this.#parts.pool.statuses().map(({ relay, lastFailure }) => [relay, lastFailure]));
    return Array.from(this.#parts.roster.sessions(), ({ source }) => {
      const { relay, url, isConnected, isCaughtUp, watermark } = source;
      return { relay, url, isConnected, isCaughtUp, watermark, lastFailure: failureByUrl.get(url) };
    });
  }

  figures(): CollectorFigures {
    const { roster, intake, flusher } = this.#parts;
    let connected = 0;
    for (const { source } of roster.sessions()) if (source.isConnected) connected++;
    return { relays: roster.size, connected, buffered: intake.buffered, ...flusher.figures };
  }

  flush(): Promise<boolean> {
    return this.#parts.flusher.flush();
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const { pool, roster, flusher, figures, account, options } = this.#parts;
    for (const end of this.#ends) end();
    figures.stop();
    account(true);
    // First with the watermarks of this moment, then what came until the connections were closed.
    await flusher.flush();
    roster.stop();
    await pool.stop();
    const isWritten = await flusher.flush();
    if (!isWritten) options.logger.error({}, 'what was collected last is not written; it is asked for again');
    flusher.stop();
  }

  async #list(): Promise<void> {
    const { options, roster } = this.#parts;
    await roster.set(await options.relays());
  }

  async #listSafely(): Promise<void> {
    try {
      await this.#list();
    } catch (error) {
      this.#parts.failed('relays', error);
      if (!this.#isStopped)
        this.#ends.push(this.#parts.options.clock.after(this.#parts.limits.retryMsMax, () => void this.#listSafely()));
    }
  }

  async #prune(): Promise<void> {
    const { books, limits, options, failed } = this.#parts;
    const { overlapSeconds, quarantineRows } = limits;
    const oldestSecond = Math.floor(options.clock.now() / 1000) - oldestPairSeconds;
    // Sessions step back a little further than the overlap.
    await books
      .prune({ overlapSeconds: overlapSeconds + 60, oldestSecond, quarantineRows })
      .catch((error: unknown) => failed('prune', error));
  }

  #every(milliseconds: number, work: () => Promise<void>): void {
    let cancel = (): void => undefined;
    const next = (): void => {
      cancel = this.#parts.options.clock.after(milliseconds, () => {
        void work().finally(() => {
          if (!this.#isStopped) next();
        });
      });
    };
    next();
    this.#ends.push(() => cancel());
  }
}

/** Fingerprints of events older than two days are thrown away even where a relay was never caught up with. */
const oldestPairSeconds = 172_800;

/** The door that a pool is created with. */
function createDoor(
  { connectionsMax = 250, limits }: CollectorOptions,
  deliver: (event: NostrEvent, url: string) => ReturnType<CollectorDoor['deliver']>,
): CollectorDoor {
  const connections = Math.min(1_000, connectionsMax);
  return {
    // The pool hands on what it has parsed as an event.
    deliver: (event, url) => deliver(event as NostrEvent, url),
    connectionsMax: connections,
    limits: {
      attemptsMax: Number.MAX_SAFE_INTEGER,
      // Half of it is chance: where all relays are lost at once they come back at most 200 a second.
      backoffMs: Math.max(1_000, connections * 10),
      backoffMsMax: 600_000,
      // The collector waits as long as it takes.
      patienceMs: Number.POSITIVE_INFINITY,
      // What a socket may still bring after the buffer is full.
      deliveriesPause: 16,
      overlapSeconds: limits?.overlapSeconds ?? defaultCollectorLimits.overlapSeconds,
    },
  };
}

/** Gaps are filled with everything that the relay has. */
const emptyStore: SyncParts['store'] = {
  async *items() {},
  async *query() {},
  sightings: async () => [],
};
