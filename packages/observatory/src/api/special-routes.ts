import { chooseEncoding, type HttpRoute, Problem, readParameters } from '@nostrata/http';
import { z } from 'zod';
import { exportTables } from './export-tables.ts';
import { type Exporting, exportParameters, exportPath, unknownTable } from './exporting.ts';
import type { LiveStream } from './live-stream.ts';
import { exportOperation, liveOperation } from './operations.ts';
import { codeByName } from './parameters.ts';

/** How all routes of figures are let in and counted. */
export const openToAll = {
  method: 'GET',
  access: { kind: 'anyone', scope: 'stats:read' },
  isCounted: true,
  bodyBytesMax: 0,
} as const satisfies Partial<HttpRoute>;

const noParameters = z.object({});

/** Server-sent events of what happens now. */
export function createLiveRoute(stream: LiveStream | undefined): HttpRoute {
  return {
    ...openToAll,
    path: '/api/v1/stats/live',
    operation: liveOperation,
    serve(request) {
      readParameters(noParameters, request);
      if (stream === undefined) {
        throw new Problem(404, 'not-found', 'this process does not collect, so it has no live stream');
      }
      const headers = {
        ...request.headers,
        'Cache-Control': 'no-store, no-transform',
        'Content-Type': 'text/event-stream; charset=utf-8',
        'X-Accel-Buffering': 'no',
      };
      const { isHead, address, header } = request;
      return new Response(isHead ? null : stream.open(address, header('last-event-id')), { headers });
    },
  };
}

/** Whole histories as CSV. */
export function createExportRoute(exporting: Exporting): HttpRoute {
  return {
    ...openToAll,
    path: exportPath,
    operation: exportOperation(),
    async serve(request) {
      if (!Object.hasOwn(exportTables, request.path.table ?? '')) throw unknownTable();
      const asked = readParameters(exportParameters, request, codeByName);
      const isPacked = chooseEncoding(request.header('accept-encoding')) !== 'identity';
      const headers = {
        ...request.headers,
        'Cache-Control': 'no-store',
        'Content-Disposition': `attachment; filename="nostr-${asked.table}.csv"`,
        'Content-Type': 'text/csv; charset=utf-8; header=present',
        Vary: 'Accept-Encoding',
        ...(isPacked ? { 'Content-Encoding': 'gzip' } : {}),
      };
      if (request.isHead) return new Response(null, { headers });
      const rows = await exporting.open(asked, request.address);
      return new Response(isPacked ? pack(rows) : rows, { headers });
    },
  };
}

/** Browsers and Node describe the two ends of a compressor differently, and this file is checked with the types of both. */
function pack(rows: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const packer: unknown = new CompressionStream('gzip');
  return rows.pipeThrough(packer as ReadableWritablePair<Uint8Array, Uint8Array>);
}
