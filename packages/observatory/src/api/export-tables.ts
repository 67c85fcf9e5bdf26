import { z } from 'zod';
import type { SeriesQuery } from '../contract.ts';
import { relayRowSchema, timelinePointSchema } from './answer-schemas.ts';
import { exportPageRows, exportSpanMs } from './limits.ts';
import type { Sources } from './route.ts';
import { activePointSchema, relayEventsPointSchema, throughputPointSchema, zapsPointSchema } from './series-schemas.ts';

/** A whole history as rows. */
export interface ExportTable {
  readonly description: string;
  readonly row: z.ZodObject;
  /** The rows by the piece; each piece is one or a few reads. */
  pieces(sources: ExportSources, span: ExportSpan): AsyncGenerator<readonly object[]>;
}

/** What exports read from. */
export type ExportSources = Pick<Sources, 'statistics' | 'relays'>;

/** From when to when, in milliseconds since 1970: the first inclusive, the last exclusive. */
export interface ExportSpan {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** The years of a span, the oldest first, as queries that no usual limit cuts. */
function* yearsOf({ sinceMs, untilMs }: ExportSpan, groupBy: SeriesQuery['groupBy']): Generator<SeriesQuery> {
  for (let begin = sinceMs; begin < untilMs; begin += exportSpanMs) {
    // A span of a year touches 367 days or 8,785 hours.
    yield { groupBy, sinceMs: begin, untilMs: Math.min(untilMs, begin + exportSpanMs), limit: 9_000 };
  }
}

/** What is counted by the time of receipt begins with the collection. */
async function sinceCollection({ statistics }: ExportSources, span: ExportSpan): Promise<ExportSpan> {
  const sinceMs = (await statistics.snapshot('all'))?.coverage.sinceMs ?? span.sinceMs;
  return { ...span, sinceMs: Math.max(span.sinceMs, Math.floor(sinceMs / 86_400_000) * 86_400_000) };
}

type ReadSeries = (sources: ExportSources, query: SeriesQuery) => Promise<readonly object[]>;

function days(read: ReadSeries): ExportTable['pieces'] {
  return async function* (sources, span) {
    for (const query of yearsOf(span, 'day')) yield await read(sources, query);
  };
}

async function* throughputPieces(sources: ExportSources, span: ExportSpan): AsyncGenerator<readonly object[]> {
  const collected = await sinceCollection(sources, span);
  for (const query of yearsOf(collected, 'hour')) yield await sources.statistics.throughput(query);
}

async function* kindPieces({ statistics }: ExportSources, span: ExportSpan): AsyncGenerator<readonly object[]> {
  for (const { kind, name } of await statistics.kinds(span)) {
    for (const query of yearsOf(span, 'day')) {
      const points = await statistics.kind(kind, query);
      yield points.filter(({ events }) => events > 0).map(({ at, events }) => ({ at, kind, name, events }));
    }
  }
}

async function* relayPieces({ relays }: ExportSources): AsyncGenerator<readonly object[]> {
  for (let offset = 0; ; offset += exportPageRows) {
    const page = await relays.relays({ range: 'all', sort: 'url', descending: false, offset, limit: exportPageRows });
    yield page.relays;
    if (offset + page.relays.length >= page.total || page.relays.length === 0) return;
  }
}

async function* relayDayPieces(sources: ExportSources, span: ExportSpan): AsyncGenerator<readonly object[]> {
  const collected = await sinceCollection(sources, span);
  for await (const rows of relayPieces(sources)) {
    for (const { url } of rows as readonly { readonly url: string }[]) {
      for (const query of yearsOf(collected, 'day')) {
        yield (await sources.relays.events(url, query)).map((point) => ({ url, ...point }));
      }
    }
  }
}

/** The tables that can be exported, by the name of the file. */
export const exportTables: Readonly<Record<string, ExportTable>> = {
  activity: {
    description: 'Events, notes, reactions, reposts, zaps and users of each day.',
    row: timelinePointSchema,
    pieces: days(({ statistics }, query) => statistics.timeline(query)),
  },
  kinds: {
    description: 'Events of each kind and day; days without one are left out.',
    row: z.object({ at: z.string(), kind: z.number(), name: z.string(), events: z.number() }),
    pieces: kindPieces,
  },
  users: {
    description: 'Active users by tier and new users of each day.',
    row: activePointSchema,
    pieces: days(({ statistics }, query) => statistics.activeUsers(query)),
  },
  zaps: {
    description: 'Validated zaps of each day.',
    row: zapsPointSchema,
    pieces: days(({ statistics }, query) => statistics.zaps(query)),
  },
  throughput: {
    description: 'What relays sent us in each hour, by the time of receipt.',
    row: throughputPointSchema,
    pieces: throughputPieces,
  },
  relays: {
    description: 'All relays as they are listed, over the whole time.',
    row: relayRowSchema,
    pieces: relayPieces,
  },
  'relay-days': {
    description: 'What each relay delivered on each day, by the time of receipt.',
    row: z.object({ url: z.string(), ...relayEventsPointSchema.shape }),
    pieces: relayDayPieces,
  },
};
