import { z } from 'zod';
import { chooseEncoding } from './bodies.ts';
import { type Exporting, exportParameters } from './exporting.ts';
import type { LiveStream } from './live-stream.ts';
import { readParameters } from './parameters.ts';
import { Problem } from './problem.ts';

/** A request of a route with an answer of its own. */
export interface SpecialRequest {
  readonly isHead: boolean;
  readonly address: string;
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  header(name: string): string | undefined;
  /** Headers of every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A route that answers with something else than figures in their wrapping. */
export interface SpecialRoute {
  readonly path: string;
  /** Whether requests of it are counted; what the documentation is made of is not. */
  readonly isCounted: boolean;
  serve(request: SpecialRequest): Response | Promise<Response>;
}

/** For routes without parameters. */
export const noParameters = z.object({});

/** Server-sent events of what happens now. */
export function createLiveRoute(stream: LiveStream | undefined): SpecialRoute {
  return {
    path: '/api/v1/stats/live',
    isCounted: true,
    serve({ isHead, address, path, query, header, headers }) {
      readParameters(noParameters, path, query);
      if (stream === undefined) {
        throw new Problem(404, 'not-found', 'this process does not collect, so it has no live stream');
      }
      const live = {
        ...headers,
        'Cache-Control': 'no-store, no-transform',
        'Content-Type': 'text/event-stream; charset=utf-8',
        'X-Accel-Buffering': 'no',
      };
      return new Response(isHead ? null : stream.open(address, header('last-event-id')), { headers: live });
    },
  };
}

/** Whole histories as CSV. */
export function createExportRoute(exporting: Exporting): SpecialRoute {
  return {
    path: '/api/v1/export/:table.csv',
    isCounted: true,
    async serve({ isHead, address, path, query, header, headers }) {
      const asked = readParameters(exportParameters, path, query);
      const isPacked = chooseEncoding(header('accept-encoding')) !== 'identity';
      const csv = {
        ...headers,
        'Cache-Control': 'no-store',
        'Content-Disposition': `attachment; filename="nostr-${asked.table}.csv"`,
        'Content-Type': 'text/csv; charset=utf-8; header=present',
        Vary: 'Accept-Encoding',
        ...(isPacked ? { 'Content-Encoding': 'gzip' } : {}),
      };
      if (isHead) return new Response(null, { headers: csv });
      const rows = await exporting.open(asked, address);
      return new Response(isPacked ? pack(rows) : rows, { headers: csv });
    },
  };
}

/** Browsers and Node describe the two ends of a compressor differently, and this file is checked with the types of both. */
function pack(rows: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const packer: unknown = new CompressionStream('gzip');
  return rows.pipeThrough(packer as ReadableWritablePair<Uint8Array, Uint8Array>);
}
