import { type Database, migrate } from '@nostrata/database';
import { createIngest, type Ingest } from '@nostrata/ingest';
import type { Clock } from '@nostrata/network';
import type { Seq } from '@nostrata/store';
import { createAllViews, createViews, type Views } from '@nostrata/views';
import type { BrowserParts, CoreOptions, OpenStorage, Storage } from './contract.ts';
import type { CoreEvents } from './events.ts';
import { type Coverage, createCoverage } from './freshness/coverage.ts';
import { createLedger, type FreshnessLedger } from './freshness/ledger.ts';
import { createRemovals, removalsView } from './freshness/removals.ts';
import { createShownPeople, type ShownPeople } from './freshness/shown.ts';
import { createScores, type Scores } from './loading/scores.ts';
import { createLookups, type Lookups } from './lookups.ts';
import { coreMigrations } from './schema.ts';

/** Everything of a core that is here, with no network. */
export interface CoreState {
  readonly storage: Storage;
  readonly ingest: Ingest;
  readonly views: Views;
  /**
   * Resolves when views show everything up to that position; all that is stored now unless told. A view that fails is not
   * waited for: its failure is told, and reads of the others go on.
   */
  readonly caughtUp: (seq?: Seq) => Promise<void>;
  readonly viewsDatabase: Database;
  readonly lookups: Lookups;
  readonly ledger: FreshnessLedger;
  readonly coverage: Coverage;
  readonly scores: Scores;
  readonly shown: ShownPeople;
}

/** How it is opened. */
export interface StateOptions {
  readonly clock: Clock;
  readonly events: CoreEvents;
  readonly stack: AsyncDisposableStack;
  readonly browser: BrowserParts | undefined;
}

/** Opens it; what was opened is closed by the stack, in the opposite order. */
export async function openState(storage: Storage, { clock, events, stack, browser }: StateOptions): Promise<CoreState> {
  const { store, database, viewsDatabase } = storage;
  await migrate(database, coreMigrations);
  // One worker keeps up with what relays send to one person.
  const verifier = { workers: 1, worker: browser?.verifierWorker, wasmUrl: browser?.secp256k1WasmUrl };
  const ingest = stack.use(await createIngest({ store, policies: [], now: clock.now, verifier }));
  const views = stack.use(
    await createViews({
      store,
      database: viewsDatabase,
      views: [...createAllViews(), removalsView],
      onFailed: (view, error) => events.failed(`view ${view}`, error),
    }),
  );
  const ledger = createLedger(database, clock, events.failed);
  stack.defer(() => ledger.stop());
  const coverage = createCoverage({
    database,
    clock,
    removals: createRemovals(views, viewsDatabase),
    onFailed: events.failed,
  });
  stack.defer(() => coverage.stop());
  const scores = await createScores(database, clock, events.failed);
  stack.defer(() => scores.stop());
  const shown = await createShownPeople(database, clock, events.failed);
  stack.defer(() => shown.stop());
  const names = views.statuses().map(({ name }) => name);
  const caughtUp = async (seq?: Seq): Promise<void> => {
    await Promise.allSettled(names.map((name) => views.caughtUp(seq, [name])));
  };
  const lookups = createLookups(store);
  return { storage, ingest, views, caughtUp, viewsDatabase, lookups, ledger, coverage, scores, shown };
}

/** Opens the storage that the options name, or takes the one that is open already. */
export async function openGiven(
  { store, browser }: CoreOptions,
  open: OpenStorage,
  now: () => number,
): Promise<Storage> {
  return typeof store === 'string' ? await open(store, { now, browser }) : store;
}
