import type { Ingest, SubmitResult } from '@nostrata/ingest';
import type { NostrEvent } from '@nostrata/protocol';
import type { Publication, PublishOptions } from '../contract.ts';
import { importsAtOnce } from '../limits.ts';
import { cleanHints } from '../targets.ts';
import { type ImportRecord, readDump, readRecord } from './records.ts';

/**
 * What to import: JSONL, or a dump of nostr-idb or of NDK's Dexie cache, as text or parsed; or its records one by one, so
 * that large files need not be in memory.
 */
export type ImportSource = string | object | AsyncIterable<unknown>;

/** What became of what was read. */
export interface ImportReport {
  /** Records read. */
  readonly read: number;
  /** Events that are here now and were not before; those that were here. */
  readonly kept: number;
  readonly known: number;
  /** Own events that were not sent yet and are on their way now. */
  readonly unpublished: number;
  /** Why the rest was not kept, with numbers: `superseded`, `deleted`, `expired`, `invalid: …`. */
  readonly refused: Readonly<Record<string, number>>;
  /** Records that are no events, by table: caches that are built anew. */
  readonly ignored: Readonly<Record<string, number>>;
}

/** What importing is made of. */
export interface ImportParts {
  readonly ingest: Ingest;
  readonly publish: (event: NostrEvent, options: PublishOptions) => Promise<Publication>;
}

/** Brings events of another program in, through the same door as everything else. */
export async function importFrom(source: ImportSource, parts: ImportParts): Promise<ImportReport> {
  const report = { read: 0, kept: 0, known: 0, unpublished: 0, refused: {}, ignored: {} } satisfies ImportReport;
  const underWay = new Set<Promise<void>>();
  for await (const record of readSource(source)) {
    report.read += 1;
    const run: Promise<void> = take(record, report, parts).finally(() => underWay.delete(run));
    underWay.add(run);
    if (underWay.size >= importsAtOnce) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  return report;
}

async function* readSource(source: ImportSource): AsyncIterable<ImportRecord> {
  if (typeof source === 'object' && Symbol.asyncIterator in source) {
    for await (const record of source) yield readRecord(record);
  } else yield* readDump(source);
}

type OpenReport = { -readonly [Name in keyof ImportReport]: ImportReport[Name] } & {
  readonly refused: Record<string, number>;
  readonly ignored: Record<string, number>;
};

async function take(record: ImportRecord, report: OpenReport, { ingest, publish }: ImportParts): Promise<void> {
  if (record.type === 'ignored') {
    count(report.ignored, record.table);
    return;
  }
  const relays = cleanHints(record.relays);
  if (ingest.isFull) await ingest.drained();
  const result = await ingest.submit(record.event, { via: 'import', url: relays[0] });
  if (!result.accepted) {
    count(report.refused, reasonOf(result));
    return;
  }
  if (record.type === 'unpublished') {
    await publish(record.event as NostrEvent, relays.length > 0 ? { relays } : {});
    report.unpublished += 1;
  }
  report[result.outcome === 'duplicate' ? 'known' : 'kept'] += 1;
}

function reasonOf(result: SubmitResult & { readonly accepted: false }): string {
  return result.outcome === 'rejected' ? `${result.rejection.prefix}: ${result.rejection.message}` : result.outcome;
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
