import type { RelayPool } from '@nostrata/network';
import type { NostrEvent } from '@nostrata/protocol';
import { createAccount } from './account.ts';
import { type Books, createBooks } from './books.ts';
import type { CollectedRelay, CollectorDoor, CollectorOptions } from './contract.ts';
import { createCoverage } from './coverage.ts';
import type { Figures } from './figures.ts';
import { createFingerprinter, type Fingerprinter } from './fingerprint.ts';
import { createFlusher, type Flusher } from './flusher.ts';
import { createIntake, type Intake } from './intake.ts';
import { createJudge, type Judge } from './judge.ts';
import { createLedger } from './ledger.ts';
import { type CollectorLimits, defaultCollectorLimits } from './limits.ts';
import { createRoster, type Roster } from './roster.ts';
import { type SessionOptions, startSession } from './session.ts';
import { createSharedIds } from './shared-ids.ts';
import { createShares, type Shares } from './shares.ts';
import { createTurns } from './turns.ts';

/** The kinds that statistics are made of. */
const defaultKinds: readonly number[] = [0, 1, 3, 7, 9735, 10002, 10166, 30023, 30166];

/** Events that sockets may bring while the buffer is full: about 25 MB. */
const deliveriesMax = 16_384;
/** Gaps that are filled at a time. */
const turnsMax = 16;

/** The parts of a collector, connected with each other. */
export interface Parts {
  readonly options: CollectorOptions;
  readonly limits: CollectorLimits;
  readonly books: Books;
  readonly figures: Figures;
  readonly pool: RelayPool;
  readonly roster: Roster;
  readonly intake: Intake;
  readonly flusher: Flusher;
  readonly shares: Shares;
  readonly account: (isForced: boolean) => void;
  /** Begins to listen to connections that come and go; the returned function ends it. */
  readonly listen: () => () => void;
  /** Collects from those relays of the list that this collector holds. */
  readonly choose: (relays: readonly CollectedRelay[]) => Promise<void>;
  readonly failed: Failed;
}

type Failed = (where: string, error: unknown) => void;

/** Opens the books and connects the parts. */
export async function openParts(options: CollectorOptions, figures: Figures): Promise<Parts> {
  const limits = { ...defaultCollectorLimits, ...options.limits };
  const { random, database } = options;
  const name = Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(36)).join('-');
  const books = createBooks(database, name);
  const fingerprinter = createFingerprinter(await books.open(random));
  return connect({ options, limits, books, figures, fingerprinter, name });
}

type Beginning = Pick<Parts, 'options' | 'limits' | 'books' | 'figures'> & {
  readonly fingerprinter: Fingerprinter;
  readonly name: string;
};

function connect(beginning: Beginning): Parts {
  const { options, limits, books, figures, fingerprinter, name } = beginning;
  const { clock, logger, metrics = {}, cache } = options;
  let list: readonly CollectedRelay[] = [];
  const failed: Failed = (where, error) => {
    metrics.failed?.(where);
    logger.warn({ err: error, where }, 'a part of the collection did not work; it is tried again');
  };
  const ledger = createLedger();
  const intake = createIntake({ clock, limits, fingerprinter, ledger, figures, ready: () => flusher.wake() });
  const coverage = createCoverage({ now: () => clock.now(), ledger, stepMsMax: 2 * limits.coverageMs });
  const pool = options.createPool(
    createDoor(options, {
      // The pool hands on what it has parsed as an event.
      deliver(event, url) {
        const session = roster.find(url);
        return session === undefined ? Promise.resolve('gone') : intake.deliver(event as NostrEvent, session.source);
      },
      recognize: (url) => (frame, at, isLive) => {
        const session = roster.find(url);
        return session !== undefined && intake.recognize({ frame, at, isLive }, session.source);
      },
    }),
  );
  const connectedUrls = new Set<string>();
  const common = sessionOptions(options, { pool, limits, failed });
  const roster = createRoster({
    ...{ books, intake, coverage, clock, limits },
    startSession(source) {
      source.isConnected = connectedUrls.has(source.url);
      return startSession({ ...common, source });
    },
  });
  const account = createAccount({
    ...{ pool, coverage, ledger, clock, find: roster.find },
    everyMs: limits.coverageMs,
  });
  const flusher = createFlusher({
    ...{ intake, ledger, books, clock, limits, logger, metrics },
    judge: openJudge(options, limits, failed),
    observe: options.observe,
    account: () => account(false),
    sources: () => Array.from(roster.sessions(), ({ source }) => source),
    forging({ url }) {
      logger.warn({ relay: url }, 'a relay sends forged events above all and is left alone for a while');
      metrics.failed?.('forging');
      roster.find(url)?.suspend();
    },
    lost(relays) {
      shares.lose(relays);
      roster.drop(relays);
    },
  });
  const choose = (relays: readonly CollectedRelay[]): Promise<void> => {
    list = relays;
    return roster.set(relays.filter(({ relay }) => shares.holds(relay)));
  };
  const shares: Shares = createShares({
    ...{ cache, name, clock, limits },
    async changed() {
      await choose(list);
      // What was counted for relays that are given up is written before others take them.
      await flusher.flush();
    },
    failed: (error) => failed('lease', error),
  });
  const listen = (): (() => void) =>
    pool.onState(({ relay, state }) => {
      const isConnected = state === 'open' || state === 'authenticating';
      if (isConnected === connectedUrls.has(relay)) return;
      if (isConnected) connectedUrls.add(relay);
      else connectedUrls.delete(relay);
      const session = roster.find(relay);
      if (session !== undefined) coverage.settle(session.source);
      session?.connected(isConnected);
      metrics.connections?.('open', connectedUrls.size);
      metrics.connections?.('waiting', Math.max(0, roster.size - connectedUrls.size));
    });
  return { options, limits, books, figures, pool, roster, intake, flusher, shares, account, listen, choose, failed };
}

function sessionOptions(
  { clock, random, store, kinds = defaultKinds }: CollectorOptions,
  { pool, limits, failed }: { readonly pool: RelayPool; readonly limits: CollectorLimits; readonly failed: Failed },
): Omit<SessionOptions, 'source'> {
  return {
    ...{ pool, clock, random, limits, store },
    turns: createTurns(turnsMax),
    kinds: kinds === 'all' ? undefined : kinds,
    failed: (error) => failed('session', error),
  };
}

function openJudge({ ingest, store, cache, clock }: CollectorOptions, limits: CollectorLimits, failed: Failed): Judge {
  const shared = createSharedIds({
    ...{ cache, clock, cachedMs: limits.cachedMs },
    failed: (error) => failed('cache', error),
  });
  const findFirst = store && (async (id: string) => (await store.sightings(id))[0]?.source);
  return createJudge({ ingest, shared, findFirst });
}

/** The door that a pool is created with. */
function createDoor(
  { connectionsMax = 250, limits }: CollectorOptions,
  ways: Pick<CollectorDoor, 'deliver' | 'recognize'>,
): CollectorDoor {
  const connections = Math.min(1_000, connectionsMax);
  return {
    ...ways,
    connectionsMax: connections,
    limits: {
      attemptsMax: Number.MAX_SAFE_INTEGER,
      // Half of it is chance: where all relays are lost at once they come back at most 200 a second.
      backoffMs: Math.max(1_000, connections * 10),
      backoffMsMax: 600_000,
      // The collector waits as long as it takes.
      patienceMs: Number.POSITIVE_INFINITY,
      // What all sockets together may still bring after the buffer is full.
      deliveriesPause: Math.max(16, Math.floor(deliveriesMax / connections)),
      overlapSeconds: limits?.overlapSeconds ?? defaultCollectorLimits.overlapSeconds,
    },
  };
}
