import { getTagValue, getTagValues, isGeohash, type NostrEvent, normalizeRelayUrl } from '@nostrata/protocol';

/** The kinds of NIP-66: what a monitor found of a relay, and the monitor itself. */
export const MonitorKind = { relay: 30_166, monitor: 10_166 } as const;

/** What a monitor says of a relay (kind 30166, NIP-66): a hint by somebody else, as of its time. */
export interface RelayHint {
  readonly url: string;
  /** `clearnet`, `tor`, `i2p` or `loki`. */
  readonly network: string | null;
  readonly types: readonly string[];
  readonly nips: readonly number[];
  /** `auth`, `!payment` … */
  readonly requirements: readonly string[];
  /** Two letters (ISO 3166-1), where a label gives one. */
  readonly country: string | null;
  readonly geohash: string | null;
  /** Milliseconds. */
  readonly openMs: number | null;
  readonly readMs: number | null;
  readonly writeMs: number | null;
}

/** A monitor that announces itself (kind 10166, NIP-66). */
export interface MonitorAnnouncement {
  /** Seconds between its events. */
  readonly frequencySeconds: number | null;
  readonly checks: readonly string[];
  readonly geohash: string | null;
  /** Milliseconds by check; `*` is for all. */
  readonly timeouts: Readonly<Record<string, number>>;
}

const valuesMax = 100;
const valueCharactersMax = 64;
const millisecondsMax = 600_000;

/** Reads such an event; undefined where it is about no relay URL. */
export function parseRelayHint(event: NostrEvent): RelayHint | undefined {
  const url = normalizeRelayUrl(getTagValue(event, 'd') ?? '');
  if (url === null) return undefined;
  const nips = readList(event, 'N').flatMap((nip) => (/^[0-9]{1,4}$/.test(nip) ? [Number(nip)] : []));
  return {
    url,
    network: readList(event, 'n').find((network) => /^[a-z0-9-]{1,16}$/.test(network)) ?? null,
    types: readList(event, 'T'),
    nips: [...new Set(nips)].sort((a, b) => a - b),
    requirements: readList(event, 'R'),
    country: readCountry(event),
    geohash: readGeohash(event),
    openMs: readRoundTrip(event, 'open'),
    readMs: readRoundTrip(event, 'read'),
    writeMs: readRoundTrip(event, 'write'),
  };
}

/** Reads the announcement of a monitor. */
export function parseMonitor(event: NostrEvent): MonitorAnnouncement {
  const frequency = Number(getTagValue(event, 'frequency'));
  const timeouts: Record<string, number> = {};
  for (const [name, ...values] of event.tags.slice(0, valuesMax)) {
    if (name !== 'timeout') continue;
    // The text of the NIP has the number first, its example has it last.
    const number = values.find((value) => /^[0-9]{1,9}$/.test(value));
    const check = values.find((value) => /^[a-z][a-z0-9-]{0,31}$/.test(value));
    if (number !== undefined) timeouts[check ?? '*'] = Number(number);
  }
  return {
    frequencySeconds: Number.isSafeInteger(frequency) && frequency > 0 ? frequency : null,
    checks: readList(event, 'c'),
    geohash: readGeohash(event),
    timeouts,
  };
}

function readList(event: NostrEvent, name: string): string[] {
  const values = getTagValues(event, name).filter((value) => value !== '' && value.length <= valueCharactersMax);
  return [...new Set(values)].slice(0, valuesMax);
}

/** The longest one: monitors write a geohash in all its precisions. */
function readGeohash(event: NostrEvent): string | null {
  const hashes = readList(event, 'g').filter((hash) => hash.length <= 12 && isGeohash(hash));
  return hashes.sort((a, b) => b.length - a.length || (a < b ? -1 : 1))[0] ?? null;
}

/** `["l", "DE", "countryCode"]`, in the namespaces that monitors use. */
function readCountry(event: NostrEvent): string | null {
  for (const [name, value, namespace] of event.tags.slice(0, valuesMax)) {
    const isCountry = /country|iso-3166-1/i.test(namespace ?? '');
    if (name === 'l' && isCountry && value !== undefined && /^[A-Za-z]{2}$/.test(value)) return value.toUpperCase();
  }
  return null;
}

/** `["rtt-open", "234"]`, as the NIP has it, or `["rtt", …]` with the word and the number in either order. */
function readRoundTrip(event: NostrEvent, phase: string): number | null {
  for (const [name, ...values] of event.tags.slice(0, valuesMax)) {
    const isOf = name === `rtt-${phase}` || (name === 'rtt' && values.includes(phase));
    const text = isOf ? values.find((value) => /^[0-9]+(?:\.[0-9]+)?$/.test(value)) : undefined;
    if (text === undefined) continue;
    const milliseconds = Number(text);
    // Monitors write 0 or -1 where they measured nothing.
    if (milliseconds > 0 && milliseconds <= millisecondsMax) return milliseconds;
  }
  return null;
}
