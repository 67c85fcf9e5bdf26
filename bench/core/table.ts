import type { DayResult } from './day.ts';
import type { FeedCell } from './feed-cell.ts';

/** The days as aligned text, one line per library, and the share of requests that each avoided. */
export function formatDays(results: readonly DayResult[]): string {
  const header = [
    'library',
    'REQs',
    'avoided',
    'MB in',
    'wrong',
    'lost',
    'of',
    'lost writes',
    'missing copies',
    'profile p50 µs',
    'p99 µs',
    'feed p50 ms',
    'p99 ms',
    'open→feed ms',
    'RSS MB',
    'failures',
    'day s',
    'sessions',
  ];
  // A day that was cut short can only be compared with itself.
  const sessions = Math.max(...results.map((result) => result.sessions));
  const always = results.find(
    (result) => result.subject === 'always-network' && result.sessions === sessions,
  )?.requests;
  const body = results.map((result) => [
    result.sessions === sessions ? result.subject : `${result.subject} (cut short)`,
    String(result.requests),
    always && result.sessions === sessions ? `${((1 - result.requests / always) * 100).toFixed(1)} %` : '–',
    (result.bytesIn / 1e6).toFixed(2),
    String(result.wrong),
    String(result.lost),
    String(result.shown),
    String(result.lostWrites),
    String(result.missingCopies),
    decimals(result.profileP50Us, 1),
    decimals(result.profileP99Us, 1),
    decimals(result.notesP50Ms, 2),
    decimals(result.notesP99Ms, 2),
    decimals(median(result.feedMs), 0),
    decimals(result.peakMb, 0),
    String(result.failures),
    decimals(result.seconds, 0),
    String(result.sessions),
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...body.map((cells) => (cells[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  ');
  return [line(header), line(widths.map((width) => '─'.repeat(width))), ...body.map(line)].join('\n');
}

/** One line about reads over many stored events. */
export function formatFeed({ what, events, p50Ms, p99Ms, shown }: FeedCell): string {
  const stored = events.toLocaleString('en-US');
  return `${what}, ${stored} events stored: p50 ${p50Ms.toFixed(3)} ms, p99 ${p99Ms.toFixed(2)} ms, ${shown} found`;
}

function decimals(value: number | null | undefined, digits: number): string {
  return value === undefined || value === null || Number.isNaN(value) ? '–' : value.toFixed(digits);
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
