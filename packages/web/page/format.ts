const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const none = '–';

/** All digits, grouped: `1,234,567`. */
export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? none : whole.format(value);
}

/** Few digits: `1.2M`. Below 10,000 all of them. */
export function formatShort(value: number | null | undefined): string {
  if (value === null || value === undefined) return none;
  return Math.abs(value) < 10_000 ? whole.format(value) : short.format(value);
}

/** A share of 0–1 as per cent. */
export function formatShare(value: number | null | undefined): string {
  if (value === null || value === undefined) return none;
  if (value > 0 && value < 0.001) return '< 0.1 %';
  if (value < 1 && value > 0.999) return '> 99.9 %';
  return `${oneDigit.format(value * 100)} %`;
}

/** Milliseconds. */
export function formatMs(value: number | null | undefined): string {
  if (value === null || value === undefined) return none;
  return value >= 10_000 ? `${oneDigit.format(value / 1000)} s` : `${whole.format(value)} ms`;
}

/** Bytes in powers of 1,000. */
export function formatBytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return none;
  const power = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  const unit = ['B', 'kB', 'MB', 'GB', 'TB'][power] ?? 'B';
  return power === 0 ? `${value} B` : `${oneDigit.format(value / 1000 ** power)} ${unit}`;
}

/** Millisatoshi as satoshi, few digits. */
export function formatSats(msat: number | null | undefined): string {
  return msat === null || msat === undefined ? none : formatShort(Math.round(msat / 1000));
}

const minute = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' });
const fullDay = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' });
const month = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', month: 'short', year: 'numeric' });

/** The milliseconds of a bucket: `2026-11`, `2026-11-21` or a full instant; NaN for anything else. */
export function parseBucket(at: string): number {
  return Date.parse(/^\d{4}-\d{2}$/.test(at) ? `${at}-01` : at);
}

/** A bucket in words, as fine as it is. All times are UTC. */
export function formatBucket(at: string | number, size: 'hour' | 'day' | 'week' | 'month' | 'age' = 'day'): string {
  const ms = typeof at === 'number' ? at : parseBucket(at);
  if (Number.isNaN(ms)) return String(at);
  if (size === 'age') return ms === 0 ? 'at the beginning' : `${ms} later`;
  if (size === 'hour') return `${day.format(ms)}, ${minute.format(ms)}`;
  if (size === 'month') return month.format(ms);
  return fullDay.format(ms);
}

/** A tick of an axis: no longer than it must be. */
export function formatTick(ms: number, size: 'hour' | 'day' | 'week' | 'month' | 'age'): string {
  if (size === 'age') return `+${ms}`;
  if (size === 'hour') return minute.format(ms);
  return size === 'month' ? month.format(ms) : day.format(ms);
}

/** An instant, to the minute. */
export function formatInstant(at: string | number): string {
  const ms = typeof at === 'number' ? at : Date.parse(at);
  return Number.isNaN(ms) ? none : `${fullDay.format(ms)}, ${minute.format(ms)} UTC`;
}

/** How long ago, in the largest unit that fits. */
export function formatAge(thenMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - thenMs) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

/** The change from one span to the next: `+4.2 %`, with the words for those who do not see the arrow. */
export function formatChange(
  now: number,
  before: number | null,
): { text: string; direction: 'up' | 'down' | 'same' } | undefined {
  if (before === null || before === 0) return undefined;
  const change = now / before - 1;
  if (Math.abs(change) < 0.0005) return { text: '±0.0 %', direction: 'same' };
  const sign = change > 0 ? '+' : '−';
  const percent = Math.abs(change) * 100;
  const text = percent >= 1000 ? whole.format(percent) : oneDigit.format(percent);
  return { text: `${sign}${text} %`, direction: change > 0 ? 'up' : 'down' };
}
