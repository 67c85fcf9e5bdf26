import type { Database } from '@nostrata/database';
import type { Clock, ObservatoryLogger } from '../contract.ts';
import { addRelays, type KnownRelay, loadRelays, type NewRelay } from './relay-table.ts';
import { judgeRelayUrl, type Seed } from './seeds.ts';
import { migrateRegistry } from './tables.ts';

/** What a registry needs. */
export interface RegistryOptions {
  /** The database of the statistics. */
  readonly database: Database;
  /** The relays that the operator wants; strangers' relays come to them. */
  readonly seeds: readonly Seed[];
  readonly clock: Clock;
  readonly logger: ObservatoryLogger;
  /** The country at a place, as ISO 3166-1 alpha-2; without it countries come from what relays and monitors say. */
  readonly findCountry?: ((latitude: number, longitude: number) => string | undefined) | undefined;
  /** Whether relays of this machine and of private networks are relays too: for tests and demonstrations. */
  readonly allowLocal?: boolean | undefined;
}

/** The relays that are known: who they are, and what they say of themselves. */
export interface Registry extends AsyncDisposable {
  /** Makes the tables, adds the seeds and reads what is known. Idempotent. */
  start(): Promise<void>;
  /** All relays with an id, also dead ones, in the order of their ids. */
  relays(): readonly KnownRelay[];
  /** The id of a relay by its normalised URL; undefined where it has none. */
  idOf(url: string): number | undefined;
  /** The id of a relay, which gets one where it has none. */
  ensure(relay: NewRelay): Promise<number>;
  stop(): Promise<void>;
}

/** Creates a registry. Several processes may have one on the same database. */
export function createRegistry(options: RegistryOptions): Registry {
  const { database, clock, logger } = options;
  let relays: readonly KnownRelay[] = [];
  let relayByUrl: ReadonlyMap<string, KnownRelay> = new Map();
  const reload = async (): Promise<void> => {
    relays = await loadRelays(database);
    relayByUrl = new Map(relays.map((relay) => [relay.url, relay]));
  };
  let starting: Promise<void> | undefined;
  const start = async (): Promise<void> => {
    await migrateRegistry(database);
    await addRelays(database, toRelays(options, logger), clock.now());
    await reload();
    logger.info({ relays: relays.length }, 'the relay registry is read');
  };
  const stop = async (): Promise<void> => {
    await starting?.catch(() => undefined);
  };
  return {
    start: () => {
      starting ??= start();
      return starting;
    },
    relays: () => relays,
    idOf: (url) => relayByUrl.get(url)?.relay,
    async ensure(relay) {
      if (!relayByUrl.has(relay.url)) {
        await addRelays(database, [relay], clock.now());
        await reload();
      }
      const known = relayByUrl.get(relay.url);
      if (known === undefined) throw new Error(`the relay ${relay.url} was added and is not there`);
      return known.relay;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The seeds as relays; what is no relay that may be dialled is left out and named in the log. */
function toRelays({ seeds, findCountry, allowLocal = false }: RegistryOptions, logger: ObservatoryLogger): NewRelay[] {
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
