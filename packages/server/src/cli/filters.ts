import { type Filter, parseFilter } from '@nostrata/protocol';
import { type Command, Option } from 'commander';
import { ConfigError } from '../config/errors.ts';
import { parseEventId, parsePubkey } from '../config/identifiers.ts';
import { parseKinds } from '../config/values.ts';

/** The flags that describe a filter, as commander hands them over. */
export interface FilterFlags {
  readonly filter?: readonly string[];
  readonly id?: readonly string[];
  readonly author?: readonly string[];
  readonly kind?: readonly string[];
  readonly tag?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly search?: string;
}

/** Adds the flags that describe a filter to a command. */
export function addFilterOptions(command: Command): Command {
  const options: readonly (readonly [string, string])[] = [
    ['--filter <JSON>', 'a filter as NIP-01 writes it; may be given several times'],
    ['--id <ID>', 'event id: hex, note1… or nevent1…; may be given several times'],
    ['--author <PUBKEY>', 'author: hex, npub1… or nprofile1…; may be given several times'],
    ['--kind <KINDS>', 'kinds: 1,6,30000-39999'],
    ['--tag <NAME=VALUE>', 'a single-letter tag: t=nostr, e=<id>, p=<pubkey>; may be given several times'],
  ];
  for (const [flags, description] of options) {
    command.addOption(new Option(flags, description).argParser(collect).helpGroup('Filter:'));
  }
  const single: readonly (readonly [string, string])[] = [
    ['--since <TIME>', 'not before: seconds since 1970 or a date (2026-01-31, 2026-01-31T12:00Z)'],
    ['--until <TIME>', 'not after'],
    ['--limit <N>', 'at most so many'],
    ['--search <TEXT>', 'words, "phrases" and -words (NIP-50)'],
  ];
  for (const [flags, description] of single) {
    command.addOption(new Option(flags, description).helpGroup('Filter:'));
  }
  return command;
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/**
 * The filters that the flags and arguments ask for; one that matches everything where there are none. Flags narrow
 * every filter given as JSON.
 * @throws ConfigError with what cannot be understood
 */
export function parseFilterFlags(flags: FilterFlags, texts: readonly string[] = []): readonly Filter[] {
  const wires = [...texts, ...(flags.filter ?? [])].flatMap(parseWireFilters);
  const narrowing = toWireFilter(flags);
  const filters = wires.length === 0 ? [narrowing] : wires.map((wire) => ({ ...wire, ...narrowing }));
  return filters.map((wire) => parseFilter(withPlainIdentifiers(wire)));
}

type WireFilter = Readonly<Record<string, unknown>>;

/** One filter or a list of them; a whole `["REQ","id",{…}]` is taken too. */
function parseWireFilters(text: string): WireFilter[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`the filter ${JSON.stringify(text.slice(0, 80))} is not JSON`, { cause: error });
  }
  const list: unknown[] = Array.isArray(value) ? value.filter((part) => typeof part !== 'string') : [value];
  return list.map((filter) => {
    if (typeof filter === 'object' && filter !== null && !Array.isArray(filter)) return filter as WireFilter;
    throw new ConfigError(`the filter ${JSON.stringify(text.slice(0, 80))} is not a JSON object`);
  });
}

function toWireFilter(flags: FilterFlags): WireFilter {
  const wire: Record<string, unknown> = {};
  if (flags.id) wire.ids = flags.id.flatMap(splitCommas);
  if (flags.author) wire.authors = flags.author.flatMap(splitCommas);
  if (flags.kind) wire.kinds = flags.kind.flatMap(parseKinds);
  for (const tag of flags.tag ?? []) addTag(wire, tag);
  if (flags.since !== undefined) wire.since = parseTime('--since', flags.since);
  if (flags.until !== undefined) wire.until = parseTime('--until', flags.until);
  if (flags.limit !== undefined) wire.limit = parseWhole('--limit', flags.limit);
  if (flags.search !== undefined) wire.search = flags.search;
  return wire;
}

function splitCommas(text: string): string[] {
  return text.split(',').filter((part) => part.trim() !== '');
}

function addTag(wire: Record<string, unknown>, text: string): void {
  const match = /^#?([a-zA-Z])=(.*)$/s.exec(text);
  if (!match?.[1])
    throw new ConfigError(`--tag ${JSON.stringify(text)}: expected a letter and a value, such as t=nostr`);
  const name = `#${match[1]}`;
  const values = wire[name];
  wire[name] = [...(Array.isArray(values) ? values : []), match[2]];
}

function withPlainIdentifiers(wire: WireFilter): WireFilter {
  const plain: Record<string, unknown> = { ...wire };
  for (const name of ['ids', '#e']) if (name in plain) plain[name] = mapTexts(plain[name], parseEventId);
  for (const name of ['authors', '#p']) if (name in plain) plain[name] = mapTexts(plain[name], parsePubkey);
  return plain;
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  return Array.isArray(value) ? value.map((part: unknown) => (typeof part === 'string' ? map(part) : part)) : value;
}

function parseTime(flag: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const ms = /^\d{4}-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms) && ms >= 0) return Math.floor(ms / 1000);
  throw new ConfigError(`${flag} ${JSON.stringify(text)}: expected seconds since 1970 or a date such as 2026-01-31`);
}

function parseWhole(flag: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ConfigError(`${flag} ${JSON.stringify(text)}: expected a whole number`);
}
