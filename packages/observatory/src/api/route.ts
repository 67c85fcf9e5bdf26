import type { z } from 'zod';
import type { Coverage, Method, Range, Snapshot } from '../answers.ts';
import type { RelayReads, SeriesQuery, StatisticsReads } from '../contract.ts';
import { ownMethods } from './own-methods.ts';
import { type AskedSeries, type SeriesSpan, toSeries } from './spans.ts';

/** How long a copy of an answer is good: figures of now, totals, series of buckets, what hardly changes. */
export type Freshness = 'latest' | 'totals' | 'series' | 'stable';

/** What routes read from. */
export interface Sources {
  readonly nowMs: number;
  snapshot(range: Range): Promise<Snapshot>;
  readonly statistics: StatisticsReads;
  readonly relays: RelayReads;
}

/** Figures with what is known about them. */
export interface Loaded<Figures> {
  readonly figures: Figures;
  readonly asOf: string;
  readonly range: Range | undefined;
  readonly method: Readonly<Record<string, Method>>;
  readonly coverage: Coverage | null;
  readonly partial: boolean;
  /** Rows of the whole list that `figures` is a part of. */
  readonly total?: number | undefined;
}

/** Figures that nobody changes on their way, however a schema types them. */
export type Fixed<Figures> = Figures extends readonly (infer Row)[]
  ? readonly Fixed<Row>[]
  : Figures extends object
    ? { readonly [Field in keyof Figures]: Fixed<Figures[Field]> }
    : Figures;

/** How the figures are written as CSV: their rows, and what a row looks like. */
interface Table<Figures> {
  readonly row: z.ZodObject;
  rows(figures: Fixed<Figures>): readonly object[];
}

interface RouteParts<Parameters extends z.ZodObject, Figures> {
  /** With `:name` for what the path carries. */
  readonly path: string;
  /** The name of the operation for generated clients. */
  readonly operation: string;
  readonly group: string;
  readonly summary: string;
  readonly description: string;
  readonly freshness: Freshness;
  /** Whether these figures are a part of a snapshot: then they come from the cache, and the last good copy is kept. */
  isOfSnapshot(asked: z.output<Parameters>): boolean;
  /** Parameters of path and query. */
  readonly parameters: Parameters;
  readonly answer: z.ZodType<Figures>;
  readonly table?: NoInfer<Table<Figures>> | undefined;
  load(asked: z.output<Parameters>, sources: Sources): Promise<Loaded<NoInfer<Fixed<Figures>>>>;
}

/** A route of the API, as the application, the documents and the tests see it. */
export type Route = RouteParts<z.ZodObject, unknown>;

/** Checks that the parts of a route fit each other. What `load` gets is what `parameters` made of the request. */
export function defineRoute<Parameters extends z.ZodObject, Figures>(parts: RouteParts<Parameters, Figures>): Route {
  return parts as unknown as Route;
}

/** A part of a snapshot with how it is counted; `field` is where the part is in the snapshot. */
export function partOf<Figures>(snapshot: Snapshot, field: string, figures: Figures): Loaded<Figures> {
  return {
    figures,
    asOf: snapshot.asOf,
    range: snapshot.range,
    method: methodsOf(snapshot.method, field),
    coverage: snapshot.coverage,
    partial: snapshot.partial,
  };
}

/** A part of a list by `limit` and `offset`, and how long the list is. */
export function pageOf<Row>(rows: readonly Row[], asked: { readonly offset: number; readonly limit: number }) {
  return { page: rows.slice(asked.offset, asked.offset + asked.limit), total: rows.length };
}

/** The methods of one field, by paths within it; what is said of the field itself stands under its name. */
export function methodsOf(methods: Readonly<Record<string, Method>>, field: string): Record<string, Method> {
  const found: Record<string, Method> = {};
  for (const [path, method] of Object.entries(methods)) {
    // What is said of the whole holds for its parts.
    if (path === field || field.startsWith(`${path}.`)) found[path] = method;
    else if (path.startsWith(`${field}.`)) found[path.slice(field.length + 1)] = method;
  }
  return found;
}

/** What a series is worked out by. */
export interface SeriesRequest {
  readonly asked: AskedSeries;
  readonly usualRange: Range;
  readonly allowed: readonly SeriesQuery['groupBy'][];
  /** Where methods of these figures are found. */
  readonly field: string;
}

/** Reads a series; it is partial where it reaches back before anything was collected. */
export async function loadSeries<Figures>(
  { asked, usualRange, allowed, field }: SeriesRequest,
  sources: Sources,
  read: (query: SeriesQuery) => Promise<Figures>,
): Promise<Loaded<Figures>> {
  const span = toSeries(asked, { nowMs: sources.nowMs, usualRange, allowed });
  const [figures, coverage] = await Promise.all([read(span.query), loadCoverage(span, sources)]);
  return {
    figures,
    asOf: new Date(sources.nowMs).toISOString(),
    range: span.range,
    method: methodsOf({ ...ownMethods, ...sources.statistics.methods() }, field),
    ...coverage,
  };
}

async function loadCoverage({ query, range }: SeriesSpan, sources: Sources) {
  const coverage = await coverageOf(sources, range ?? 'all');
  const begin = coverage?.sinceMs ?? null;
  const reachesBack = begin !== null && (query.sinceMs === undefined || query.sinceMs < begin);
  return { coverage: range === undefined ? null : coverage, partial: coverage === null || reachesBack };
}

/** The coverage of a range; null where no snapshot can be had, which takes nothing from the figures themselves. */
export async function coverageOf(sources: Sources, range: Range): Promise<Coverage | null> {
  try {
    return (await sources.snapshot(range)).coverage;
  } catch {
    return null;
  }
}
