import { ConfigError } from './errors.ts';
import { parsePubkey } from './identifiers.ts';

/** What each type of setting holds once it is parsed. Sizes are bytes, spans are seconds. */
export interface ValueByType {
  readonly text: string;
  readonly integer: number;
  readonly number: number;
  readonly port: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly flag: boolean;
  readonly level: string;
  readonly list: readonly string[];
  readonly kinds: readonly number[];
  readonly pubkeys: readonly string[];
  readonly kindNumbers: Readonly<Record<string, number>>;
  readonly prices: Readonly<Record<string, number>>;
}

/** The name of a type of setting. */
export type SettingType = keyof ValueByType;

/** Log levels, least first. */
const logLevels: readonly string[] = ['silent', 'error', 'warn', 'info', 'debug'];

/** How a value of each type is written, for help texts and the reference page. */
export const syntaxByType: Readonly<Record<SettingType, string>> = {
  text: 'TEXT',
  integer: 'N',
  number: 'X',
  port: 'PORT',
  bytes: 'SIZE',
  seconds: 'SPAN',
  flag: 'yes|no',
  level: 'LEVEL',
  list: 'A,B',
  kinds: 'KINDS',
  pubkeys: 'PUBKEYS',
  kindNumbers: 'KIND=N',
  prices: 'LENGTH=SATS',
};

type Parser<T> = (text: string) => T;

const parserByType: { readonly [T in SettingType]: Parser<ValueByType[T]> } = {
  text: (text) => text,
  integer: parseInteger,
  number: parseNumber,
  port: parsePort,
  bytes: parseBytes,
  seconds: parseSeconds,
  flag: parseFlag,
  level: parseLevel,
  list: splitList,
  kinds: parseKinds,
  pubkeys: (text) => splitList(text).map(parsePubkey),
  kindNumbers: parseKindNumbers,
  prices: parsePrices,
};

/**
 * Parses a setting from its text, as it stands in the environment, on the command line or, for values that JSON can
 * hold itself, in the config file.
 * @throws ConfigError with what was expected
 */
export function parseValue<T extends SettingType>(type: T, raw: unknown): ValueByType[T] {
  return parserByType[type](toText(raw));
}

/** Config files may use JSON's own numbers, booleans, lists and objects; they take the same road as text. */
function toText(raw: unknown): string {
  if (typeof raw === 'string') return raw.trim();
  if (typeof raw === 'number' || typeof raw === 'boolean') return String(raw);
  if (Array.isArray(raw)) return raw.map(toText).join(',');
  if (typeof raw === 'object' && raw !== null) {
    return Object.entries(raw)
      .map(([key, value]) => `${key}=${toText(value)}`)
      .join(',');
  }
  throw new ConfigError('expected a value');
}

function parseInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new ConfigError('expected a whole number, 0 or more');
  return value;
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value) || value < 0) throw new ConfigError('expected a number, 0 or more');
  return value;
}

function parsePort(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new ConfigError('expected a port between 0 and 65535');
  return value;
}

const bytesByUnit: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Reads a size: `65536`, `64KiB`, `1.5 GB`. */
function parseBytes(text: string): number {
  return parseWithUnit(text, bytesByUnit, 'expected a size such as 65536, 64KiB or 10GB');
}

const secondsByUnit: Readonly<Record<string, number>> = {
  '': 1,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** Reads a span of time in seconds: `900`, `15m`, `30d`. */
function parseSeconds(text: string): number {
  return parseWithUnit(text, secondsByUnit, 'expected a span of time such as 900, 15m, 12h, 30d or 1y');
}

function parseWithUnit(text: string, factorByUnit: Readonly<Record<string, number>>, expected: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text);
  const factor = factorByUnit[match?.[2]?.toLowerCase() ?? '?'];
  const value = Math.round(Number(match?.[1]) * (factor ?? Number.NaN));
  if (!Number.isSafeInteger(value)) throw new ConfigError(expected);
  return value;
}

function parseFlag(text: string): boolean {
  if (['yes', 'true', 'on', '1'].includes(text.toLowerCase())) return true;
  if (['no', 'false', 'off', '0'].includes(text.toLowerCase())) return false;
  throw new ConfigError('expected yes or no');
}

function parseLevel(text: string): string {
  if (!logLevels.includes(text)) throw new ConfigError(`expected one of ${logLevels.join(', ')}`);
  return text;
}

function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Reads kinds: `1,6,7,30000-39999`. */
export function parseKinds(text: string): readonly number[] {
  const kinds = new Set<number>();
  for (const part of splitList(text)) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (!match || first > last || last > 65_535) {
      throw new ConfigError(`expected kinds such as 1,6,7 or 30000-39999, found ${JSON.stringify(part)}`);
    }
    for (let kind = first; kind <= last; kind += 1) kinds.add(kind);
  }
  return [...kinds];
}

function parseKindNumbers(text: string): Readonly<Record<string, number>> {
  const numberByKind: Record<string, number> = {};
  for (const part of splitList(text)) {
    const match = /^(\d{1,5}|\*)\s*=\s*(\d{1,9})$/.exec(part);
    if (!match?.[1] || Number(match[1]) > 65_535) {
      throw new ConfigError(`expected pairs such as 1=20,7=12, found ${JSON.stringify(part)}`);
    }
    numberByKind[match[1]] = Number(match[2]);
  }
  return numberByKind;
}

/** Reads prices by length: `5=21000,4=210000`. */
function parsePrices(text: string): Readonly<Record<string, number>> {
  const priceByLength: Record<string, number> = {};
  for (const part of splitList(text)) {
    const match = /^(\d{1,2})\s*=\s*(\d{1,10})$/.exec(part);
    if (!match?.[1]) throw new ConfigError(`expected pairs such as 5=21000,4=210000, found ${JSON.stringify(part)}`);
    priceByLength[match[1]] = Number(match[2]);
  }
  return priceByLength;
}
