import type { Database } from '@nostrata/database';
import type { Range } from '../answers.ts';
import type { Clock, ObservatoryLogger, ObservatoryMetrics } from '../contract.ts';
import { ranges } from '../spans.ts';
import {
  type Candidate,
  type Discovery,
  discover,
  dropCandidate,
  hasRoom,
  loadDueCandidates,
  postponeCandidate,
  sweepDead,
} from './candidates.ts';
import type { FindCountry } from './countries.ts';
import { addUpFigures, summaryName } from './figures.ts';
import { noteInformation } from './information.ts';
import { type RegistryLimits, registryLimits } from './limits.ts';
import { placeByHints } from './places.ts';
import { addRelays, type KnownRelay, loadRelays, type NewRelay } from './relay-table.ts';
import { judgeRelayUrl, type Seed } from './seeds.ts';
import { refreshSlots } from './slot-table.ts';
import { peekState } from './state.ts';
import { migrateRegistry } from './tables.ts';

/** What a registry needs. */
export interface RegistryOptions {
  /** The database of the statistics. */
  readonly database: Database;
  /** The relays that the operator wants; strangers' relays come to them. */
  readonly seeds: readonly Seed[];
  readonly clock: Clock;
  readonly logger: ObservatoryLogger;
  readonly metrics?: ObservatoryMetrics | undefined;
  /** Relays that a collector may hold; 250 unless told. */
  readonly slots?: number | undefined;
  /** Whether relays that events name (NIP-65, NIP-66) are taken up; so it is unless told. */
  readonly discovers?: boolean | undefined;
  /** The country at a place, as ISO 3166-1 alpha-2; without it countries come from what relays and monitors say. */
  readonly findCountry?: FindCountry | undefined;
  /** Whether relays of this machine and of private networks are relays too: for tests and demonstrations. */
  readonly allowLocal?: boolean | undefined;
  readonly limits?: Partial<RegistryLimits> | undefined;
}

/** What a probe tells the registry. */
export interface ProbeFinding {
  readonly ok: boolean;
  /** The information document (NIP-11); undefined where there was none. */
  readonly information: unknown;
}

/** A relay to collect from. */
export interface WantedRelay {
  readonly relay: number;
  readonly url: string;
}

/** The relays that are known: who they are, what they say of themselves, and which of them are worth a connection. */
export interface Registry extends AsyncDisposable {
  /** Makes the tables, adds the seeds and reads what is known. Idempotent. */
  start(): Promise<void>;
  /** All relays with an id, also dead ones, in the order of their ids. */
  relays(): readonly KnownRelay[];
  /** The id of a relay by its normalised URL; undefined where it has none. */
  idOf(url: string): number | undefined;
  /** The id of a relay, which gets one where it has none. */
  ensure(relay: NewRelay): Promise<number>;
  /** The relays that the collector should hold, the most important first; at most as many as there are slots. */
  wanted(): readonly WantedRelay[];
  /** Called when `wanted` has changed; the returned function ends it. */
  onWanted(listener: () => void): () => void;
  /** Keeps what a probe found of a relay that is known. */
  noteProbe(relay: number, finding: ProbeFinding): Promise<void>;
  /** URLs to be probed before they become relays; each is given once until it is settled. */
  takeCandidates(max: number): readonly string[];
  /** Makes a relay of a candidate that answers; another is tried again, and refused for long after a few tries. */
  settleCandidate(url: string, finding: ProbeFinding): Promise<void>;
  /** Looks for new relays in what events name, now and not when it is due. */
  discover(): Promise<Discovery>;
  /** Buries and revives relays and gives the slots, now and not when it is due. */
  review(): Promise<void>;
  /** Adds up the figures of ranges, now and not when they are due; all ranges unless told. */
  addUp(asked?: readonly Range[]): Promise<void>;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** Creates a registry. Several processes may have one on the same database. */
export function createRegistry(options: RegistryOptions): Registry {
  const { database, clock, logger } = options;
  const limits = { ...registryLimits, ...options.limits };
  const book = createBook(options, limits);
  const queue = createCandidateQueue({ ...options, limits, book });
  const addUpDue = createAddUpDue({ database, clock, limits, book });
  const cancels = new Set<() => void>();
  let isStopped = false;
  let working: Promise<unknown> = Promise.resolve();
  const run = (what: string, work: () => Promise<unknown>): void => {
    working = working
      .then(() => (isStopped ? undefined : work()))
      .catch((error: unknown) => {
        options.metrics?.failed?.('registry');
        logger.error({ error }, `${what} failed`);
      });
  };
  /** Does something now and then until the registry stops. */
  const repeat = (everyMs: number, what: string, work: () => Promise<unknown>): void => {
    if (isStopped) return;
    const cancel = clock.after(everyMs, () => {
      cancels.delete(cancel);
      run(what, work);
      void working.then(() => repeat(everyMs, what, work));
    });
    cancels.add(cancel);
  };
  const start = async (): Promise<void> => {
    await migrateRegistry(database);
    await addRelays(database, toRelays(options), clock.now());
    await book.review();
    logger.info({ relays: book.relays().length, wanted: book.wanted().length }, 'the relay registry is read');
    repeat(limits.slotsEveryMs, 'giving the slots', book.review);
    repeat(limits.spansEveryMs, 'adding up ranges', addUpDue);
    if (options.discovers !== false) repeat(limits.discoverEveryMs, 'looking for relays', queue.discover);
    run('adding up ranges', addUpDue);
  };
  let starting: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    isStopped = true;
    for (const cancel of cancels) cancel();
    await starting?.catch(() => undefined);
    await working;
  };
  return {
    start: () => {
      starting ??= start();
      return starting;
    },
    ...book,
    ...queue,
    async noteProbe(relay, { information }) {
      if (information === undefined) return;
      await noteInformation(database, { relay, information, atMs: clock.now() }, limits);
    },
    async addUp(asked = ranges) {
      for (const range of asked) await addUpFigures({ database, nowMs: clock.now(), relays: idsOf(book) }, range);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function idsOf(book: Book): number[] {
  return book.relays().map(({ relay }) => relay);
}

interface AddUpParts extends Pick<RegistryOptions, 'database' | 'clock'> {
  readonly limits: RegistryLimits;
  readonly book: Book;
}

/** Adds up, whenever it is called, the ranges whose time has come and that no other process has just added up. */
function createAddUpDue({ database, clock, limits, book }: AddUpParts): () => Promise<void> {
  const tookMs = new Map<Range, number>();
  return async () => {
    for (const range of ranges) {
      const leastMs = range === '24h' ? limits.spansEveryMs : limits.longSpansEveryMs;
      const everyMs = Math.max(leastMs, (tookMs.get(range) ?? 0) / limits.spanShareMax);
      const last = await peekState(database, summaryName(range));
      const beginMs = clock.now();
      // Timers are not exact: what is nearly due is due.
      if (last !== undefined && beginMs - last.atMs < everyMs * 0.9) continue;
      await addUpFigures({ database, nowMs: beginMs, relays: idsOf(book) }, range);
      tookMs.set(range, clock.now() - beginMs);
    }
  };
}

type Book = Pick<Registry, 'relays' | 'idOf' | 'ensure' | 'wanted' | 'onWanted' | 'review'>;

/** What is known of relays in memory, and who holds the slots. */
function createBook({ database, clock, slots = 250 }: RegistryOptions, limits: RegistryLimits): Book {
  const listeners = new Set<() => void>();
  let relays: readonly KnownRelay[] = [];
  let relayByUrl: ReadonlyMap<string, KnownRelay> = new Map();
  let wanted: readonly WantedRelay[] = [];
  const remember = (known: readonly KnownRelay[]): void => {
    relays = known;
    relayByUrl = new Map(known.map((relay) => [relay.url, relay]));
  };
  return {
    relays: () => relays,
    idOf: (url) => relayByUrl.get(url)?.relay,
    async ensure(relay) {
      if (!relayByUrl.has(relay.url)) {
        await addRelays(database, [relay], clock.now());
        remember(await loadRelays(database));
      }
      const known = relayByUrl.get(relay.url);
      if (known === undefined) throw new Error(`the relay ${relay.url} was added and is not there`);
      return known.relay;
    },
    wanted: () => wanted,
    onWanted(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async review() {
      remember(await sweepDead(database, clock.now(), limits));
      const ids = await refreshSlots({ database, relays, slots, nowMs: clock.now(), limits });
      const urlById = new Map(relays.map(({ relay, url }) => [relay, url]));
      const before = wanted.map(({ relay }) => relay).sort();
      wanted = ids.map((relay) => ({ relay, url: urlById.get(relay) ?? '' })).filter(({ url }) => url !== '');
      const now = wanted.map(({ relay }) => relay).sort();
      if (before.join() !== now.join()) for (const listener of listeners) listener();
    },
  };
}

type CandidateQueue = Pick<Registry, 'takeCandidates' | 'settleCandidate' | 'discover'>;

/** Candidates that are read ahead: a prober takes some whenever it has a hand free. */
const readAhead = 100;

function createCandidateQueue({
  database,
  clock,
  limits,
  book,
  findCountry,
  allowLocal = false,
}: RegistryOptions & { readonly limits: RegistryLimits; readonly book: Book }): CandidateQueue {
  const sourceByUrl = new Map<string, Candidate['source']>();
  let due: Candidate[] = [];
  const refill = async (): Promise<void> => {
    const candidates = await loadDueCandidates(database, clock.now(), readAhead);
    due = candidates.filter(({ url }) => !sourceByUrl.has(url));
  };
  return {
    takeCandidates(max) {
      const taken = due.splice(0, Math.max(0, max));
      for (const { url, source } of taken) sourceByUrl.set(url, source);
      return taken.map(({ url }) => url);
    },
    async settleCandidate(url, { ok, information }) {
      const source = sourceByUrl.get(url) ?? 'nip65';
      const nowMs = clock.now();
      if (ok && hasRoom(book.relays(), url, limits)) {
        const relay = await book.ensure({ url, source });
        if (information !== undefined) await noteInformation(database, { relay, information, atMs: nowMs }, limits);
        await dropCandidate(database, url);
      } else {
        await postponeCandidate(database, { url, nowMs, limits });
      }
      sourceByUrl.delete(url);
      if (due.length === 0 && sourceByUrl.size === 0) await refill();
    },
    async discover() {
      const discovery = await discover({ database, limits, allowLocal, nowMs: clock.now() });
      await placeByHints(database, findCountry);
      await refill();
      return discovery;
    },
  };
}

/** The seeds as relays; what is no relay that may be dialled is left out and named in the log. */
function toRelays({ seeds, findCountry, allowLocal = false, logger }: RegistryOptions): NewRelay[] {
  return seeds.flatMap(({ url: text, latitude, longitude }): NewRelay[] => {
    const { url, fault } = judgeRelayUrl(text, allowLocal);
    if (url === undefined) {
      logger.warn({ url: text, fault }, 'a relay of the seed list is left out');
      return [];
    }
    if (latitude === undefined || longitude === undefined) return [{ url, source: 'seed' }];
    return [{ url, source: 'seed', latitude, longitude, country: findCountry?.(latitude, longitude) }];
  });
}
