import type { Range } from '../answers.ts';
import { spanOf, toDay } from '../spans.ts';

/** Pieces of a strip at most. */
const piecesMax = 48;

/** Probes of one relay, in pieces of equal length over a range. */
export interface Strip {
  /** Counts the probes of one bucket: an hour of the range of 24 hours, a day of the others. */
  add(bucket: number, probes: number, failures: number): void;
  /** Share that succeeded by piece, the oldest first; null without a probe. JSON text. */
  write(): string;
}

/** Creates an empty strip. Of everything it shows the last 48 days. */
export function createStrip(range: Range, nowMs: number): Strip {
  const { from, to } =
    range === 'all' ? { from: toDay(nowMs) - piecesMax + 1, to: toDay(nowMs) } : spanOf(range, nowMs);
  const width = Math.ceil((to - from + 1) / piecesMax);
  const pieces = Array.from({ length: Math.ceil((to - from + 1) / width) }, () => ({ probes: 0, failures: 0 }));
  return {
    add(bucket, probes, failures) {
      // The newest piece is the one that is never cut short.
      const piece = pieces[pieces.length - 1 - Math.floor((to - bucket) / width)];
      if (!piece || bucket < from || bucket > to) return;
      piece.probes += probes;
      piece.failures += failures;
    },
    write: () =>
      JSON.stringify(
        pieces.map(({ probes, failures }) =>
          probes === 0 ? null : Math.round(((probes - failures) / probes) * 1_000) / 1_000,
        ),
      ),
  };
}
