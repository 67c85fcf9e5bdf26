import type { Clock, LiveSubscription, LoadOptions, Plan, RelayAnswer, RelayPool } from '@nostrata/network';
import type { Filter } from '@nostrata/protocol';
import { atomsOf, type FilterAtom, joinAtoms } from '../freshness/atoms.ts';
import type { Coverage } from '../freshness/coverage.ts';
import { catchUpLimit, filterValuesMax, overlapSeconds } from '../limits.ts';
import type { ReadRoutes } from './routes.ts';

/** Gets spans of time from relays, and only those that were not got before. */
export interface RangeLoader {
  /** Everything newer than what each relay was asked for; where it was asked for nothing, the newest `limit` events. */
  loadNewest(filters: readonly Filter[], options: RangeOptions): Promise<RangeOutcome>;
  /** The same, and then everything new as it comes. */
  follow(filters: readonly Filter[], options: RangeOptions): Promise<LiveRange>;
  /**
   * One page further back from each relay whose events are not known without a gap from now down to that second; a
   * relay is asked from where its own gapless span ends, so that pages of different lengths leave no holes.
   */
  loadDownTo(filters: readonly Filter[], second: number, options: RangeOptions): Promise<RangeOutcome>;
}

/** Options of a range. */
export interface RangeOptions extends Pick<LoadOptions, 'deadlineMs' | 'signal'> {
  /** Events of a page. */
  readonly limit: number;
  readonly hints?: readonly string[] | undefined;
  /** Filters that are asked for whole and beside the ranges, of relays that are asked for something anyway. */
  readonly whole?: readonly Filter[] | undefined;
  /** Spans that were asked for less than so many milliseconds ago are not asked for again; 0 unless told. */
  readonly freshForMs?: number | undefined;
}

/** What was learned. */
export interface RangeOutcome {
  /** Relays that were asked; none where everything is known. */
  readonly asked: readonly string[];
  readonly answered: readonly string[];
  readonly answers: readonly RelayAnswer[];
}

/** A range that goes on. */
export interface LiveRange {
  readonly loaded: Promise<RangeOutcome>;
  /** Ends it, and remembers how far it came. */
  close(): void;
}

/** What the range loader is made of. */
export interface RangeLoaderOptions {
  readonly pool: Pick<RelayPool, 'load' | 'subscribe' | 'statuses'>;
  readonly routes: ReadRoutes;
  readonly coverage: Coverage;
  readonly clock: Clock;
  readonly onAnswer?: ((answer: RelayAnswer) => void) | undefined;
}

/** A plan whose filters are still known as the atoms they were made of. */
interface RangePlan {
  readonly plan: Plan;
  readonly atomsByFilter: ReadonlyMap<Filter, readonly FilterAtom[]>;
  /** The second up to which a complete answer is complete. */
  readonly asOf: number;
}

type ToRequests = (atoms: readonly FilterAtom[], relay: string) => readonly Request[];

interface Request {
  readonly filter: Filter;
  readonly atoms: readonly FilterAtom[];
}

/** Makes the range loader. */
export function createRangeLoader(options: RangeLoaderOptions): RangeLoader {
  const { pool, coverage, clock, onAnswer } = options;
  const nowSeconds = (): number => Math.floor(clock.now() / 1_000);

  const noteInto = (ranged: RangePlan) => (answer: RelayAnswer) => {
    onAnswer?.(answer);
    note(answer, ranged, coverage);
  };
  const load = async (ranged: RangePlan, { deadlineMs, signal }: RangeOptions): Promise<RangeOutcome> => {
    if (ranged.plan.size === 0) return { asked: [], answered: [], answers: [] };
    return toOutcome(await pool.load(ranged.plan, { settle: 'first', deadlineMs, signal, onAnswer: noteInto(ranged) }));
  };
  const planNewest = (filters: readonly Filter[], range: RangeOptions): Promise<RangePlan> => {
    const now = nowSeconds();
    const freshForSeconds = (range.freshForMs ?? 0) / 1_000;
    const toRequests: ToRequests = (atoms, relay) =>
      toNewestRequests(atoms, { relay, coverage, limit: range.limit, now, freshForSeconds });
    const { hints, whole } = range;
    return makePlan({ filters, hints, whole, asOf: now, toRequests }, options);
  };

  return {
    loadNewest: async (filters, range) => await load(await planNewest(filters, range), range),
    follow: async (filters, range) => {
      const ranged = await planNewest(filters, range);
      const { deadlineMs, signal } = range;
      const live = pool.subscribe(ranged.plan, { settle: 'first', deadlineMs, signal, onAnswer: noteInto(ranged) });
      const loaded = live.loaded.then(toOutcome);
      return { loaded, close: () => closeLive(live, ranged, options) };
    },
    loadDownTo: async (filters, second, range) => {
      const now = nowSeconds();
      const toRequests: ToRequests = (atoms, relay) =>
        toOlderRequests(atoms, { relay, coverage, limit: range.limit, second, now });
      const ranged = await makePlan({ filters, hints: range.hints, asOf: now, toRequests }, options);
      return await load(ranged, range);
    },
  };
}

interface PlanOptions {
  readonly filters: readonly Filter[];
  readonly hints?: readonly string[] | undefined;
  readonly whole?: readonly Filter[] | undefined;
  readonly asOf: number;
  readonly toRequests: ToRequests;
}

/** Asks the routes who knows what, and the coverage what of it is new. */
async function makePlan(
  { filters, hints = [], whole = [], asOf, toRequests }: PlanOptions,
  { routes, coverage }: RangeLoaderOptions,
): Promise<RangePlan> {
  // At the same time, so that relay lists that either needs are looked up together.
  const [routed, beside] = await Promise.all([
    routes.forRead(filters, { hints }),
    whole.length > 0 ? routes.forRead(whole) : undefined,
  ]);
  const atomsByRelay = new Map<string, FilterAtom[]>();
  for (const [relay, parts] of routed) {
    const atoms = new Map(parts.flatMap(atomsOf).map((atom) => [atom.key, atom]));
    atomsByRelay.set(relay, [...atoms.values()]);
  }
  await coverage.load([...new Set([...atomsByRelay.values()].flatMap((atoms) => atoms.map(({ key }) => key)))]);
  const plan = new Map<string, Filter[]>();
  const atomsByFilter = new Map<Filter, readonly FilterAtom[]>();
  for (const [relay, atoms] of atomsByRelay) {
    const requests = toRequests(atoms, relay);
    for (const { filter, atoms: part } of requests) atomsByFilter.set(filter, part);
    if (requests.length > 0)
      plan.set(
        relay,
        requests.map(({ filter }) => filter),
      );
  }
  for (const [relay, parts] of beside ?? []) plan.get(relay)?.push(...parts);
  return { plan, atomsByFilter, asOf };
}

interface NewestOptions {
  readonly relay: string;
  readonly coverage: Coverage;
  readonly limit: number;
  readonly now: number;
  readonly freshForSeconds: number;
}

/**
 * Cold atoms are asked for their newest page. Warm ones from where they were left, those of about the same age
 * together: one filter for each doubling of the age, so that one quiet author does not make the others start early.
 */
function toNewestRequests(
  atoms: readonly FilterAtom[],
  { relay, coverage, limit, now, freshForSeconds }: NewestOptions,
): Request[] {
  const cold: FilterAtom[] = [];
  const warm: { atom: FilterAtom; since: number }[] = [];
  for (const atom of atoms) {
    const newest = coverage.get(atom.key, relay)[0];
    if (newest && now - newest.until < freshForSeconds) continue;
    if (newest) warm.push({ atom, since: Math.max(0, Math.min(newest.until, now) - overlapSeconds) });
    else cold.push(atom);
  }
  const requests: Request[] = joinAtoms(cold, filterValuesMax).map(({ filter, atoms: part }) => ({
    filter: { ...filter, limit },
    atoms: part,
  }));
  const ages = Map.groupBy(warm, ({ since }) => Math.floor(Math.log2(Math.max(now - since, 1))));
  for (const group of ages.values()) {
    const since = Math.min(...group.map((one) => one.since));
    for (const { filter, atoms: part } of joinAtoms(
      group.map(({ atom }) => atom),
      filterValuesMax,
    )) {
      requests.push({ filter: { ...filter, since, limit: catchUpLimit }, atoms: part });
    }
  }
  return requests;
}

interface OlderOptions {
  readonly relay: string;
  readonly coverage: Coverage;
  readonly limit: number;
  readonly second: number;
  readonly now: number;
}

/** Atoms whose gapless span at the relay does not reach down to that second, from where it ends. */
function toOlderRequests(
  atoms: readonly FilterAtom[],
  { relay, coverage, limit, second, now }: OlderOptions,
): Request[] {
  const starts = new Map<number, FilterAtom[]>();
  for (const atom of atoms) {
    const newest = coverage.get(atom.key, relay)[0];
    if (newest && newest.since <= second) continue;
    const start = newest ? newest.since - 1 : now;
    starts.set(start, [...(starts.get(start) ?? []), atom]);
  }
  const requests: Request[] = [];
  for (const [start, group] of starts) {
    for (const { filter, atoms: part } of joinAtoms(group, filterValuesMax)) {
      requests.push({ filter: { ...filter, until: start, limit }, atoms: part });
    }
  }
  return requests;
}

/** Remembers what an answer says: all of the span where it was complete, else down to its oldest event. */
function note(answer: RelayAnswer, { atomsByFilter, asOf }: RangePlan, coverage: Coverage): void {
  if (answer.end !== 'eose') return;
  for (const { filter, complete, oldest } of answer.filters) {
    const until = filter.until ?? asOf;
    // Of the oldest second of a cut page, some events may be missing.
    const since = complete ? (filter.since ?? 0) : oldest === undefined ? undefined : oldest + 1;
    if (since === undefined || since > until) continue;
    for (const atom of atomsByFilter.get(filter) ?? []) coverage.add(atom.key, answer.relay, { since, until });
  }
}

/** What came live is known up to now, from relays that have been connected since. */
function closeLive(live: LiveSubscription, ranged: RangePlan, { pool, coverage, clock }: RangeLoaderOptions): void {
  live.close();
  const nowSeconds = Math.floor(clock.now() / 1_000);
  for (const { relay, state, connectedSinceMs } of pool.statuses()) {
    if (state !== 'open' || connectedSinceMs === undefined) continue;
    for (const filter of ranged.plan.get(relay) ?? []) {
      for (const atom of ranged.atomsByFilter.get(filter) ?? []) {
        const newest = coverage.get(atom.key, relay)[0];
        const isUnbroken = newest !== undefined && newest.until * 1_000 >= connectedSinceMs - 1_000;
        if (isUnbroken) coverage.add(atom.key, relay, { since: newest.until, until: nowSeconds });
      }
    }
  }
}

function toOutcome(answers: readonly RelayAnswer[]): RangeOutcome {
  return {
    asked: answers.map(({ relay }) => relay),
    answered: answers.filter(({ end }) => end === 'eose').map(({ relay }) => relay),
    answers,
  };
}
