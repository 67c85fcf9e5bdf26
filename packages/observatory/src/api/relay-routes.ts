import { Problem } from '@nostrata/http';
import { z } from 'zod';
import type { Range, RelayDetails } from '../answers.ts';
import type { RelayQuery, SeriesQuery } from '../contract.ts';
import { relayRowSchema, shareSchema } from './answer-schemas.ts';
import { buckets, format, limit, offset, rangeOr, relayParameters, relayUrl, seriesParameters } from './parameters.ts';
import {
  coverageOf,
  defineRoute,
  type Fixed,
  type Loaded,
  loadSeries,
  methodsOf,
  pageOf,
  type Route,
  type Sources,
} from './route.ts';
import { latencyPointSchema, relayDetailsSchema, relayEventsPointSchema, uptimePointSchema } from './series-schemas.ts';
import type { AskedSeries } from './spans.ts';

const range = rangeOr('24h');

async function loadNow<Figures>(
  sources: Sources,
  { field, range }: { readonly field: string; readonly range: Range },
  figures: Promise<Figures>,
): Promise<Loaded<Figures>> {
  const [read, coverage] = await Promise.all([figures, coverageOf(sources, range)]);
  return {
    figures: read,
    asOf: new Date(sources.nowMs).toISOString(),
    range,
    method: methodsOf(sources.statistics.methods(), field),
    coverage,
    partial: coverage === null || (coverage.sinceMs === null ? false : coverage.sinceMs > sources.nowMs),
  };
}

const relays = defineRoute({
  path: '/api/v1/stats/relays',
  operation: 'listRelays',
  group: 'Relays',
  summary: 'Relays with their figures',
  description: 'Filtered, sorted and by the page. `total` counts all that fit the filter.',
  freshness: 'latest',
  isOfSnapshot: () => false,
  parameters: z.object({ range, ...relayParameters, limit, offset, format }),
  answer: z.array(relayRowSchema),
  table: { row: relayRowSchema, rows: (rows) => rows },
  load: async ({ order, format: _, ...asked }, sources) => {
    const isBestFirst = asked.sort !== 'url' && asked.sort !== 'open' && asked.sort !== 'read';
    const query: RelayQuery = { ...asked, descending: order === undefined ? isBestFirst : order === 'desc' };
    const loaded = await loadNow(sources, { field: 'topRelays', range: asked.range }, sources.relays.relays(query));
    const { relays, total } = loaded.figures;
    return { ...loaded, figures: relays, total };
  },
});

async function requireRelay(sources: Sources, url: string, range: Range): Promise<RelayDetails> {
  const relay = await sources.relays.relay(url, range);
  if (relay === undefined) throw new Problem(404, 'unknown-relay', `the relay ${url} is not known here`);
  return relay;
}

const relay = defineRoute({
  path: '/api/v1/stats/relays/:url',
  operation: 'getRelay',
  group: 'Relays',
  summary: 'One relay',
  description: 'Its figures, its information document (NIP-11) and when that changed.',
  freshness: 'latest',
  isOfSnapshot: () => false,
  parameters: z.object({ url: relayUrl, range }),
  answer: relayDetailsSchema,
  load: ({ url, range }, sources) => loadNow(sources, { field: 'topRelays', range }, requireRelay(sources, url, range)),
});

/** What sets the series of one relay apart from each other. */
interface RelaySeries<Point extends object> {
  readonly name: 'latency' | 'uptime' | 'events';
  readonly operation: string;
  readonly summary: string;
  readonly description: string;
  readonly point: z.ZodObject & z.ZodType<Point>;
  read(sources: Sources, url: string, query: SeriesQuery): Promise<readonly Fixed<NoInfer<Point>>[]>;
}

function relaySeries<Point extends object>({ name, point, read, ...parts }: RelaySeries<Point>): Route {
  return defineRoute({
    ...parts,
    path: `/api/v1/stats/relays/:url/${name}`,
    group: 'Relays',
    freshness: 'series',
    isOfSnapshot: () => false,
    parameters: z.object({ url: relayUrl, ...seriesParameters() }),
    answer: z.array(point) as z.ZodType<readonly object[]>,
    table: { row: point, rows: (points) => points },
    load: (asked, sources) => {
      const field = name === 'events' ? 'relayEvents' : name;
      const { url } = asked as { readonly url: string };
      const request = { asked: asked as AskedSeries, usualRange: '24h', allowed: buckets, field } as const;
      return loadSeries(request, sources, async (query) => {
        const points = await read(sources, url, query);
        // No points say nothing of whether the relay is known.
        if (points.length === 0) await requireRelay(sources, url, '24h');
        return points;
      });
    },
  });
}

const latency = relaySeries({
  name: 'latency',
  operation: 'getRelayLatency',
  summary: 'How fast one relay answered',
  description: 'Medians and 95th percentiles of probes by phase, in milliseconds, as seen from this observatory.',
  point: latencyPointSchema,
  read: (sources, url, query) => sources.relays.latency(url, query),
});

const uptime = relaySeries({
  name: 'uptime',
  operation: 'getRelayUptime',
  summary: 'How available one relay was',
  description: 'Probes and failures; two failures of three make an outage, unless it was our own network.',
  point: uptimePointSchema,
  read: (sources, url, query) => sources.relays.uptime(url, query),
});

const events = relaySeries({
  name: 'events',
  operation: 'getRelayEvents',
  summary: 'What one relay delivered',
  description: 'By the time of receipt: events, those that it was the first to deliver, repeats, invalid ones.',
  point: relayEventsPointSchema,
  read: (sources, url, query) => sources.relays.events(url, query),
});

/** What sets the shares of relays apart from each other. */
interface ShareRoute {
  readonly name: 'software' | 'nips' | 'geography';
  readonly operation: string;
  readonly summary: string;
  readonly description: string;
  readonly field: string;
}

function shareRoute({ name, field, ...parts }: ShareRoute): Route {
  const readBy = { software: 'software', nips: 'nips', geography: 'countries' } as const;
  return defineRoute({
    ...parts,
    path: `/api/v1/stats/${name}`,
    group: 'Relays',
    freshness: 'stable',
    isOfSnapshot: () => false,
    parameters: z.object({ limit, offset, format }),
    answer: z.array(shareSchema),
    table: { row: shareSchema, rows: (shares) => shares },
    load: async (asked, sources) => {
      const loaded = await loadNow(sources, { field, range: '24h' }, sources.relays[readBy[name]]());
      const { page, total } = pageOf(loaded.figures, asked);
      return { ...loaded, figures: page, total };
    },
  });
}

const software = shareRoute({
  name: 'software',
  operation: 'listSoftware',
  summary: 'Software of relays',
  description: 'By the information documents, one spelling for each software.',
  field: 'software',
});

const nips = shareRoute({
  name: 'nips',
  operation: 'listNips',
  summary: 'NIPs that relays say they speak',
  description: 'By the information documents; whether it is true is not tested.',
  field: 'nips',
});

const geography = shareRoute({
  name: 'geography',
  operation: 'listCountries',
  summary: 'Countries of relays',
  description: 'Where the address of a relay is said to be; relays behind a network of caches appear where that is.',
  field: 'countries',
});

/** Routes about relays; fixed words stand before `:url`. */
export const relayRoutes: readonly Route[] = [relays, latency, uptime, events, relay, software, nips, geography];
