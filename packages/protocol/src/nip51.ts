import { InvalidError } from './errors.ts';
import { isHex64, type Tag, type UnsignedEvent } from './event.ts';
import { listTextCharactersMax, listTitleCharactersMax, privateTagsCharactersMax } from './limits.ts';
import {
  type AddressReference,
  type EventReference,
  readAddressReference,
  readEventReference,
  readRelay,
} from './references.ts';
import { getTagValue } from './tags.ts';
import { cutText } from './text.ts';

/** What somebody does not want to see (kind 10000). */
export interface Mutes {
  readonly pubkeys: readonly string[];
  /** In lower case. */
  readonly hashtags: readonly string[];
  /** In lower case. */
  readonly words: readonly string[];
  /** Ids of events whose threads are muted. */
  readonly threads: readonly string[];
}

/** Kind 10006 in both of its readings: blocked relays (NIP-51), and blocked people as some applications publish them. */
export interface Blocks {
  /** Relays never to connect to, normalised. */
  readonly relays: readonly string[];
  readonly pubkeys: readonly string[];
}

/** What somebody saved for later (kinds 10003, 30003 and the old 30001), in order, each once. */
export interface Bookmarks {
  readonly events: readonly EventReference[];
  readonly addresses: readonly AddressReference[];
  readonly hashtags: readonly string[];
  readonly urls: readonly string[];
  /** Ids of NIP-73: `podcast:guid:…`, `podcast:item:guid:…`, `isbn:…`. */
  readonly externals: readonly string[];
}

/** How a set introduces itself (NIP-51). Its texts are cut and come from outside. */
export interface SetTitle {
  /** The `d` tag. */
  readonly identifier: string;
  readonly title?: string | undefined;
  readonly image?: string | undefined;
  readonly description?: string | undefined;
}

/**
 * The mutes among the tags: `event.tags` for the public part, `parsePrivateTags` for the private one, or both joined.
 */
export function parseMutes(tags: readonly Tag[]): Mutes {
  return {
    pubkeys: valuesOf(tags, 'p').filter(isHex64),
    hashtags: lowerCaseOf(tags, 't'),
    words: lowerCaseOf(tags, 'word'),
    threads: valuesOf(tags, 'e').filter(isHex64),
  };
}

/** The blocks among the tags of a kind 10006 event. */
export function parseBlocks(tags: readonly Tag[]): Blocks {
  return { relays: relaysOf(tags, 'relay'), pubkeys: valuesOf(tags, 'p').filter(isHex64) };
}

/** The bookmarks among the tags of a bookmark list or set. */
export function parseBookmarks(tags: readonly Tag[]): Bookmarks {
  const eventById = new Map<string, EventReference>();
  const addressByText = new Map<string, AddressReference>();
  for (const tag of tags) {
    const event = tag[0] === 'e' ? readEventReference(tag, 3) : undefined;
    if (event && !eventById.has(event.id)) eventById.set(event.id, event);
    const address = tag[0] === 'a' ? readAddressReference(tag) : undefined;
    const text = tag[1] ?? '';
    if (address && !addressByText.has(text)) addressByText.set(text, address);
  }
  return {
    events: [...eventById.values()],
    addresses: [...addressByText.values()],
    hashtags: lowerCaseOf(tags, 't'),
    urls: valuesOf(tags, 'r'),
    externals: valuesOf(tags, 'i'),
  };
}

/** The relays of a relay set (kind 30002) or of another list of `relay` tags, normalised, in order, each once. */
export function parseRelaySet(tags: readonly Tag[]): string[] {
  return relaysOf(tags, 'relay');
}

/** The name, picture and words of a set (kinds 30000–39999). `name` is how older sets wrote `title`. */
export function parseSetTitle(event: UnsignedEvent): SetTitle {
  const title = getTagValue(event, 'title') ?? getTagValue(event, 'name');
  return {
    identifier: getTagValue(event, 'd') ?? '',
    title: cutText(title, listTitleCharactersMax),
    image: cutText(getTagValue(event, 'image'), listTextCharactersMax),
    description: cutText(getTagValue(event, 'description'), listTextCharactersMax),
  };
}

/**
 * How the private part of a list is encrypted, to the author's own key: NIP-44, or NIP-04 in old lists (marked by
 * `iv`). `none` where there is no private part, or a content that is no encryption at all.
 */
export function getListEncryption(content: string): 'none' | 'nip04' | 'nip44' {
  if (/^[A-Za-z0-9+/]+={0,2}\?iv=[A-Za-z0-9+/]+={0,2}$/.test(content)) return 'nip04';
  return /^[A-Za-z0-9+/]{130,}={0,2}$/.test(content) ? 'nip44' : 'none';
}

/**
 * Reads the decrypted private part of a list: a JSON array of tags.
 * @throws InvalidError where it is anything else or longer than 2,000,000 characters
 */
export function parsePrivateTags(plaintext: string): Tag[] {
  if (plaintext.length > privateTagsCharactersMax) throw new InvalidError('private tags are too long');
  const value = parseJson(plaintext);
  if (!Array.isArray(value)) throw new InvalidError('private tags are not an array');
  for (const tag of value as unknown[]) {
    if (!Array.isArray(tag) || !tag.every((part) => typeof part === 'string')) {
      throw new InvalidError('a private tag is not an array of strings');
    }
  }
  return value as Tag[];
}

/** Writes the private part of a list, to be encrypted to the author's own key by NIP-44. */
export function formatPrivateTags(tags: readonly Tag[]): string {
  return JSON.stringify(tags);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidError('private tags are not JSON', { cause: error });
  }
}

/** The first values of the tags of that name, in order, each once, empty ones left out. */
function valuesOf(tags: readonly Tag[], name: string): string[] {
  const values = new Set<string>();
  for (const tag of tags) if (tag[0] === name && tag[1]) values.add(tag[1]);
  return [...values];
}

function lowerCaseOf(tags: readonly Tag[], name: string): string[] {
  return [...new Set(valuesOf(tags, name).map((value) => value.toLowerCase()))];
}

function relaysOf(tags: readonly Tag[], name: string): string[] {
  return [...new Set(valuesOf(tags, name).flatMap((text) => readRelay(text) ?? []))];
}
