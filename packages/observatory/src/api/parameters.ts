import { normalizeRelayUrl } from '@nostrata/protocol';
import { z } from 'zod';
import type { Range } from '../answers.ts';
import type { SeriesQuery } from '../contract.ts';
import { ranges } from '../spans.ts';
import {
  bucketsMax,
  bucketsUsual,
  offsetMax,
  periodsMax,
  rowsMax,
  rowsUsual,
  searchCharactersMax,
  secondsMax,
  urlCharactersMax,
} from './limits.ts';

function oneOf<const Words extends readonly [string, ...string[]]>(name: string, words: Words) {
  return z.enum(words, { error: `${name} must be one of ${words.join(', ')}` });
}

function wholeNumber(name: string, [least, most]: readonly [number, number]) {
  const error = `${name} must be a whole number from ${least} to ${most}`;
  const isWithin = (text: string) => Number(text) >= least && Number(text) <= most;
  return z
    .string({ error })
    .regex(/^\d{1,10}$/, { error, abort: true })
    .refine(isWithin, { error, abort: true })
    .meta({ type: 'integer', minimum: least, maximum: most })
    .transform(Number);
}

function text(name: string, most: number) {
  const error = `${name} must have 1 to ${most} characters`;
  return z.string({ error }).min(1, { error }).max(most, { error });
}

const dateError = (name: string) =>
  `${name} must be a date (2026-11-21), an instant (2026-11-21T12:00:00Z) or whole seconds since 1970, in UTC`;

function instant(name: string, description: string) {
  return z
    .string({ error: dateError(name) })
    .transform((given, context) => {
      const ms = parseInstant(given);
      if (ms !== undefined) return ms;
      context.issues.push({ code: 'custom', message: dateError(name), input: given });
      return z.NEVER;
    })
    .optional()
    .describe(description);
}

/** Milliseconds since 1970 of a date, an instant or unix seconds; undefined for anything else. */
export function parseInstant(given: string): number | undefined {
  if (/^\d{1,10}$/.test(given)) return Number(given) < secondsMax ? Number(given) * 1_000 : undefined;
  // An unescaped `+` of a query arrives as a space.
  const [, date = '', time = '', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+ -]\d\d:\d\d)?)?$/.exec(given) ?? [];
  const day = Date.parse(`${date}T00:00:00Z`);
  // The 30th of February would quietly become the 2nd of March.
  if (Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== date) return undefined;
  const ms = time === '' ? day : Date.parse(`${date}T${time}${zone.replace(' ', '+')}`);
  return ms >= 0 && ms < secondsMax * 1_000 ? ms : undefined;
}

/** A range, with what stands for none. */
export function rangeOr(usual: Range) {
  return oneOf('range', ranges).default(usual).describe('The span that is looked at; `24h` rolls, days are in UTC.');
}

/** A range where a span by its ends may stand instead. */
export const rangeOrEnds = oneOf('range', ranges)
  .optional()
  .describe('The span that is looked at, instead of `since` and `until`.');

/** `json` or `csv`. */
export const format = oneOf('format', ['json', 'csv']).default('json').describe('How the answer is written.');

/** Rows of a list at most. */
export const limit = wholeNumber('limit', [1, rowsMax])
  .default(rowsUsual)
  .describe(`Rows at most: 1 to ${rowsMax}, ${rowsUsual} unless told.`);

/** Rows of a list that are passed over. */
export const offset = wholeNumber('offset', [0, offsetMax]).default(0).describe('Rows that are passed over.');

/** Names of buckets. */
export const buckets = ['hour', 'day', 'week', 'month'] as const satisfies readonly SeriesQuery['groupBy'][];

type Bucket = SeriesQuery['groupBy'];

/** Parameters of a series: buckets, and either a range or both ends of a span. */
export function seriesParameters(allowed: readonly [Bucket, ...Bucket[]] = buckets) {
  return {
    range: rangeOrEnds,
    group_by: oneOf('group_by', allowed)
      .optional()
      .describe('The size of a bucket; chosen by the span unless told. Without a span: the newest of them.'),
    since: instant('since', 'Begin, inclusive: a date, an instant or unix seconds, in UTC.'),
    until: instant('until', 'End, exclusive: a date, an instant or unix seconds, in UTC.'),
    limit: wholeNumber('limit', [1, bucketsMax])
      .default(bucketsUsual)
      .describe(`Buckets at most, the newest: 1 to ${bucketsMax}, ${bucketsUsual} unless told.`),
    format,
  };
}

/** Both ends of a span without buckets. */
export const spanParameters = {
  since: instant('since', 'Begin, inclusive, instead of `range`: a date, an instant or unix seconds, in UTC.'),
  until: instant('until', 'End, exclusive, instead of `range`: a date, an instant or unix seconds, in UTC.'),
};

/** What relays are filtered and sorted by. */
export const relayParameters = {
  sort: oneOf('sort', ['events', 'novel', 'uptime', 'open', 'read', 'url']).default('events').describe('Sorted by.'),
  order: oneOf('order', ['asc', 'desc'])
    .optional()
    .describe('Direction; the best first unless told: most events and uptime, shortest times, URLs from a to z.'),
  nip: wholeNumber('nip', [0, 9_999]).optional().describe('Only relays that say they speak this NIP.'),
  software: text('software', searchCharactersMax).optional().describe('Only relays with this software.'),
  country: z
    .string()
    .regex(/^[A-Za-z]{2}$/, { error: 'country must be a code of two letters, such as DE' })
    .toUpperCase()
    .optional()
    .describe('Only relays of this country: a code of two letters (ISO 3166).'),
  state: oneOf('state', ['online', 'outage', 'unknown', 'dead']).optional().describe('Only relays in this state.'),
  search: text('search', searchCharactersMax).optional().describe('Only relays with this in URL or name.'),
};

/** A relay's URL in a path. */
export const relayUrl = z
  .string()
  .max(urlCharactersMax)
  .transform((given, context) => {
    const url = normalizeRelayUrl(/^[a-z]+:/i.test(given) && !/^[^/]*:\d/.test(given) ? given : `wss://${given}`);
    if (url !== null) return url;
    const message = 'the relay must be named by its URL, percent-encoded, such as wss%3A%2F%2Frelay.example.com';
    context.issues.push({ code: 'custom', message, input: given });
    return z.NEVER;
  })
  .describe('URL of the relay, percent-encoded (`wss%3A%2F%2Frelay.example.com`); `wss` is assumed for a bare host.');

/** The length of a period of cohorts, and how many periods. */
export const period = oneOf('period', ['week', 'month']).default('week').describe('Length of a period.');
export const periods = wholeNumber('periods', [1, periodsMax])
  .default(12)
  .describe(`Periods, the newest: 1 to ${periodsMax}, 12 unless told.`);

/** A kind in a path. */
export const kind = wholeNumber('kind', [0, 65_535]).describe('Kind of events, 0 to 65535.');

/** The words of errors by the parameter that is wrong. */
export const codeByName: Readonly<Record<string, string>> = {
  range: 'bad-range',
  since: 'bad-date',
  until: 'bad-date',
  group_by: 'bad-group-by',
  limit: 'bad-limit',
  periods: 'bad-limit',
  offset: 'bad-offset',
  sort: 'bad-sort',
  order: 'bad-sort',
  format: 'bad-format',
  kind: 'bad-kind',
  url: 'bad-url',
};
