import type { Queryable } from '@nostrata/database';
import type { Span } from '../spans.ts';
import { type BucketSums, sumByBucket } from './ledgers.ts';
import { bucketSumsMax, bucketSumsMs } from './limits.ts';
import { loadHourMarks } from './marks.ts';

/** The sums of buckets, of which those that nothing has touched are read once. */
export interface BucketSumReads {
  /** As `sumByBucket`: the earliest first; buckets without anything are left out. */
  load(span: Span): Promise<readonly BucketSums[]>;
}

/** What it reads from, and milliseconds that tell how old is what it remembers. */
export interface BucketSumOptions {
  readonly database: Queryable;
  readonly elapsed: () => number;
}

/** `null` is a bucket in which nothing happened. */
type Known = Map<number, BucketSums | null>;

/** Creates reads that know nothing. */
export function createBucketSums({ database, elapsed }: BucketSumOptions): BucketSumReads {
  const knownByUnit: Readonly<Record<Span['unit'], Known>> = { day: new Map(), hour: new Map() };
  let revision = -1;
  let forgotten = 0;
  let wholeMs = elapsed();

  const refresh = async (): Promise<void> => {
    const marks = await loadHourMarks(database, Math.max(revision, 0));
    revision = Math.max(revision, marks.revision);
    const isWhole = elapsed() - wholeMs >= bucketSumsMs;
    if (!isWhole && marks.hours.length === 0) return;
    forgotten += 1;
    if (isWhole) wholeMs = elapsed();
    if (isWhole) for (const known of Object.values(knownByUnit)) known.clear();
    for (const hour of marks.hours) {
      knownByUnit.hour.delete(hour);
      knownByUnit.day.delete(Math.floor(hour / 24));
    }
  };

  return {
    async load(span) {
      if (span.to - span.from >= bucketSumsMax[span.unit]) return await sumByBucket(database, span);
      await refresh();
      const known = knownByUnit[span.unit];
      const sums = collect(known, span);
      const began = forgotten;
      for (const missing of listMissing(known, span)) {
        const fresh = await sumByBucket(database, missing);
        // What was forgotten meanwhile may have changed after it was read.
        if (began === forgotten) remember(known, missing, fresh);
        for (const sum of fresh) sums.set(sum.bucket, sum);
      }
      return [...sums.values()].sort((a, b) => a.bucket - b.bucket);
    },
  };
}

/** Statements for one answer; where more pieces are missing, what is between them is read with them. */
const piecesMax = 8;

/** What is not known of a span: mostly the bucket that runs. */
function listMissing(known: Known, { unit, from, to }: Span): Span[] {
  const pieces: Span[] = [];
  for (let bucket = from; bucket <= to; bucket++) {
    if (known.has(bucket)) continue;
    const last = pieces.at(-1);
    if (last && (last.to === bucket - 1 || pieces.length === piecesMax)) pieces.splice(-1, 1, { ...last, to: bucket });
    else pieces.push({ unit, from: bucket, to: bucket });
  }
  return pieces;
}

function collect(known: Known, { from, to }: Span): Map<number, BucketSums> {
  const sums = new Map<number, BucketSums>();
  for (let bucket = from; bucket <= to; bucket++) {
    const sum = known.get(bucket);
    if (sum) sums.set(bucket, sum);
  }
  return sums;
}

function remember(known: Known, { unit, from, to }: Span, sums: readonly BucketSums[]): void {
  for (let bucket = from; bucket <= to; bucket++) {
    known.delete(bucket);
    known.set(bucket, null);
  }
  for (const sum of sums) known.set(sum.bucket, sum);
  for (const oldest of known.keys()) {
    if (known.size <= bucketSumsMax[unit]) break;
    known.delete(oldest);
  }
}
