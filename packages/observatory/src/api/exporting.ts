import { addressToCount, Problem, within } from '@nostrata/http';
import { z } from 'zod';
import type { Clock } from '../contract.ts';
import { createCsvWriter } from './csv.ts';
import { type ExportSources, type ExportTable, exportTables } from './export-tables.ts';
import { exportMsMax, exportsMax, readMsMax } from './limits.ts';
import { spanParameters } from './parameters.ts';
import { hasEnds } from './spans.ts';

const names = Object.keys(exportTables);
const tableError = `there is no such export: it must be one of ${names.map((name) => `${name}.csv`).join(', ')}`;

/** Where exports are. */
export const exportPath = '/api/v1/export/:table.csv';

/** Parameters of an export. */
export const exportParameters = z.object({
  table: z.enum(names, { error: tableError }).describe('What is exported.'),
  since: spanParameters.since.describe('Begin, inclusive: a date, an instant or unix seconds, in UTC.'),
  until: spanParameters.until.describe('End, exclusive: a date, an instant or unix seconds, in UTC.'),
});

/** What is said of a table that is not there. */
export function unknownTable(): Problem {
  return new Problem(404, 'unknown-table', tableError);
}

/** Events of Nostr are not older: what says so has no date (2020-11-07). */
const firstDayMs = Date.UTC(2020, 10, 7);

/** Streams whole histories; nothing is held in memory but the piece that is on its way. */
export interface Exporting {
  /** @throws Problem where too many run, or the first piece cannot be read */
  open(asked: z.output<typeof exportParameters>, address: string): Promise<ReadableStream<Uint8Array>>;
}

/** What exports need. */
export interface ExportingOptions {
  readonly sources: ExportSources;
  readonly clock: Clock;
  /** Is told of reads that failed. */
  onFailure(error: unknown): void;
}

/** Creates it. */
export function createExporting({ sources, clock, onFailure }: ExportingOptions): Exporting {
  const running = new Set<{ readonly address: string }>();
  const open = async (table: ExportTable, pieces: AsyncGenerator<readonly object[]>, done: () => void) => {
    const next = () =>
      within(clock, readMsMax, pieces.next()).catch((error: unknown) => {
        onFailure(error);
        throw error;
      });
    const first = await next();
    return toStream({ table, first, next, clock, done, stop: () => void pieces.return(undefined) });
  };
  return {
    async open(asked, from) {
      const table = exportTables[asked.table];
      if (table === undefined) throw unknownTable();
      hasEnds(asked);
      const address = addressToCount(from);
      if ([...running].some((other) => other.address === address)) {
        throw new Problem(429, 'busy', 'one address may have one export at a time: wait for the other one');
      }
      if (running.size >= exportsMax) throw new Problem(503, 'busy', `${exportsMax} exports run already`);
      const place = { address };
      running.add(place);
      const span = { sinceMs: asked.since ?? firstDayMs, untilMs: asked.until ?? clock.now() };
      try {
        return await open(table, table.pieces(sources, span), () => running.delete(place));
      } catch {
        running.delete(place);
        throw new Problem(503, 'unavailable', 'the database cannot be read now');
      }
    },
  };
}

type Piece = IteratorResult<readonly object[], unknown>;

interface StreamParts {
  readonly table: ExportTable;
  readonly first: Piece;
  readonly clock: Clock;
  next(): Promise<Piece>;
  done(): void;
  stop(): void;
}

function toStream({ table, first, next, clock, done, stop }: StreamParts): ReadableStream<Uint8Array> {
  const writer = createCsvWriter(table.row);
  const encoder = new TextEncoder();
  let cancelTimer = () => {};
  const end = () => {
    cancelTimer();
    stop();
    done();
  };
  let piece: Piece | undefined = first;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(writer.heading));
        cancelTimer = clock.after(exportMsMax, () => {
          controller.error(new Error('the export took too long'));
          end();
        });
      },
      async pull(controller) {
        for (;;) {
          // A read that fails breaks the connection: half a history must not look like a whole one.
          const { value, done: isLast } = piece ?? (await next().catch((error: unknown) => fail(error, end)));
          piece = undefined;
          if (isLast === true) {
            end();
            return controller.close();
          }
          const rows = value as readonly object[];
          if (rows.length === 0) continue;
          return controller.enqueue(encoder.encode(writer.lines(rows)));
        }
      },
      cancel: end,
    },
    { highWaterMark: 2 },
  );
}

function fail(error: unknown, end: () => void): never {
  end();
  throw error;
}
