import type { LoadOptions, ReadName, ReadPolicy } from '@nostrata/core';
import { decodeNip19, type Filter, InvalidError, Kind, parseAddress } from '@nostrata/protocol';
import { ConfigError } from '../config/errors.ts';
import { parseEventId, parsePubkey } from '../config/identifiers.ts';

/** The flags of `nostrata get`, as commander hands them over. */
export interface GetFlags {
  readonly relay?: readonly string[];
  readonly policy?: ReadPolicy;
  readonly deadline?: string;
  readonly watch?: boolean;
}

/** A read of the library, or a conversation. */
export type GetName = ReadName | 'thread';

type Target = 'person' | 'event' | 'address';

const reads: Readonly<Record<string, { readonly name: GetName; readonly target: Target }>> = {
  profile: { name: 'profile', target: 'person' },
  follows: { name: 'follows', target: 'person' },
  'relay-list': { name: 'relayList', target: 'person' },
  'relay-sets': { name: 'relaySets', target: 'person' },
  mutes: { name: 'mutes', target: 'person' },
  lists: { name: 'lists', target: 'person' },
  'inbox-relays': { name: 'inboxRelays', target: 'person' },
  event: { name: 'event', target: 'event' },
  address: { name: 'address', target: 'address' },
  engagement: { name: 'engagement', target: 'event' },
  thread: { name: 'thread', target: 'event' },
};

/** What `nostrata get` can be asked for. */
export const getNames: readonly string[] = Object.keys(reads);

/** One thing to get: how it was written, and what the library is asked for. */
export interface Wanted {
  readonly what: string;
  readonly read: GetName;
  /** As it was written. */
  readonly text: string;
  /** As the library takes it. */
  readonly target: string;
}

/**
 * What the words of the command line ask for.
 * @throws ConfigError with the word that cannot be understood
 */
export function parseWanted(what: string, names: readonly string[]): readonly Wanted[] {
  const read = Object.hasOwn(reads, what) ? reads[what] : undefined;
  if (!read) throw new ConfigError(`get ${JSON.stringify(what.slice(0, 80))}: expected one of ${getNames.join(', ')}`);
  return names.map((text) => ({ what, read: read.name, text, target: parseTarget(text, read.target) }));
}

/** The library takes names with their relay hints, so that they are only checked here. */
function parseTarget(text: string, type: Target): string {
  const plain = text.trim().replace(/^nostr:/i, '');
  if (type === 'address') return parseAddressName(plain);
  (type === 'person' ? parsePubkey : parseEventId)(plain);
  return plain.toLowerCase();
}

function parseAddressName(text: string): string {
  try {
    if (/^\d/.test(text)) parseAddress(text);
    else if (decodeNip19(text).type !== 'naddr') throw new InvalidError('not an address');
    return text;
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    const shown = JSON.stringify(text.slice(0, 80));
    throw new ConfigError(`${shown} is no address: expected naddr1… or KIND:PUBKEY:IDENTIFIER`, { cause: error });
  }
}

/**
 * The options of each read.
 * @throws ConfigError where the deadline is no number of seconds
 */
export function parseReadOptions({ policy, deadline, relay }: GetFlags): LoadOptions {
  const deadlineMs = deadline === undefined ? undefined : parseDeadline(deadline) * 1000;
  return { policy, deadlineMs, relays: relay };
}

/**
 * A number of seconds above zero, at most a day.
 * @throws ConfigError
 */
export function parseDeadline(text: string): number {
  const seconds = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && seconds > 0 && seconds <= 86_400) return seconds;
  throw new ConfigError(`--deadline ${JSON.stringify(text)}: expected seconds between 0 and 86400`);
}

/** The filters whose new events may change an answer, for live subscriptions. */
export function toLiveFilters({ read, target }: Wanted): readonly Filter[] {
  const kinds = kindsOf[read];
  if (kinds) return [{ kinds, authors: [parsePubkey(target)] }];
  if (read === 'address') return [toAddressFilter(target)];
  const id = parseEventId(target);
  if (read === 'event') return [{ ids: [id] }, { kinds: [Kind.deletionRequest], tags: { e: [id] } }];
  return [{ kinds: aboutEvents, tags: { e: [id] } }];
}

const aboutEvents: readonly number[] = [
  Kind.note,
  Kind.repost,
  Kind.reaction,
  Kind.genericRepost,
  Kind.comment,
  Kind.zapReceipt,
];

const kindsOf: Partial<Record<GetName, readonly number[]>> = {
  profile: [Kind.profile],
  follows: [Kind.follows],
  relayList: [Kind.relayList],
  relaySets: [Kind.relaySet],
  mutes: [Kind.mutes, Kind.blocks],
  lists: [Kind.bookmarks, Kind.genericSet, Kind.bookmarkSet],
  inboxRelays: [Kind.inboxRelays],
};

function toAddressFilter(target: string): Filter {
  const decoded = /^\d/.test(target) ? parseAddress(target) : decodeNip19(target);
  if (!('identifier' in decoded)) throw new InvalidError('not an address');
  const { kind, pubkey, identifier } = decoded;
  return { kinds: [kind], authors: [pubkey], ...(identifier === '' ? {} : { tags: { d: [identifier] } }) };
}
