import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { InvalidError } from './errors.ts';

/** A tag: its name and its values, all strings. */
export type Tag = readonly string[];

/** What the id of an event commits to (NIP-01). `created_at` is in seconds. */
export interface UnsignedEvent {
  readonly pubkey: string;
  readonly created_at: number;
  readonly kind: number;
  readonly tags: readonly Tag[];
  readonly content: string;
}

/** An event as it goes over the wire (NIP-01): lower-case hex id (64), pubkey (64) and sig (128). */
export interface NostrEvent extends UnsignedEvent {
  readonly id: string;
  readonly sig: string;
}

declare const verified: unique symbol;

/** An event whose id and signature were checked; only a verifier makes one. */
export type VerifiedEvent = NostrEvent & { readonly [verified]: true };

const hex64 = /^[0-9a-f]{64}$/;
const hex128 = /^[0-9a-f]{128}$/;

/** Says whether the value is 64 lower-case hex digits: an event id or a pubkey. */
export function isHex64(value: unknown): value is string {
  return typeof value === 'string' && hex64.test(value);
}

/**
 * Takes an unknown value for an event: every field there and of its type, `kind` 0–65535, `created_at` a
 * non-negative safe integer (64-bit seconds as far as JSON numbers carry them), tags arrays of strings.
 * Checks the shape only, neither id nor signature. Unknown fields are left out of the result.
 * @throws InvalidError with the first fault found
 */
export function parseEvent(value: unknown): NostrEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidError('event is not an object');
  const { id, pubkey, created_at, kind, tags, content, sig } = value as Record<string, unknown>;
  if (!isHex64(id)) throw new InvalidError('id is not 64 lower-case hex digits');
  if (!isHex64(pubkey)) throw new InvalidError('pubkey is not 64 lower-case hex digits');
  if (typeof created_at !== 'number' || !Number.isSafeInteger(created_at) || created_at < 0) {
    throw new InvalidError('created_at is not a whole number of seconds');
  }
  if (typeof kind !== 'number' || !Number.isInteger(kind) || kind < 0 || kind > 65_535) {
    throw new InvalidError('kind is not an integer between 0 and 65535');
  }
  if (typeof content !== 'string') throw new InvalidError('content is not a string');
  if (typeof sig !== 'string' || !hex128.test(sig)) throw new InvalidError('sig is not 128 lower-case hex digits');
  return { id, pubkey, created_at, kind, tags: parseTags(tags), content, sig };
}

function parseTags(value: unknown): Tag[] {
  if (!Array.isArray(value)) throw new InvalidError('tags is not an array');
  for (const tag of value as unknown[]) {
    if (!Array.isArray(tag)) throw new InvalidError('a tag is not an array');
    for (const part of tag as unknown[]) {
      if (typeof part !== 'string') throw new InvalidError('a tag holds something that is not a string');
    }
  }
  return value as Tag[];
}

/**
 * The canonical JSON text of an event: exactly the seven fields, in the order id, pubkey, created_at, kind, tags,
 * content, sig, without white space. This text is stored, and replies are spliced around it; the id therefore
 * always stands at characters 7–70 and the pubkey at 83–146.
 */
export function serializeEvent(event: NostrEvent): string {
  const { id, pubkey, created_at, kind, tags, content, sig } = event;
  return JSON.stringify({ id, pubkey, created_at, kind, tags, content, sig });
}

/** The id inside a canonical JSON text, without parsing it. */
export function idOfSerialized(json: string): string {
  return json.slice(7, 71);
}

/** The text whose SHA-256 is the id, as nearly every implementation writes it: `JSON.stringify` (NIP-01). */
export function idPreimage(event: UnsignedEvent): string {
  return JSON.stringify([0, event.pubkey, event.created_at, event.kind, event.tags, event.content]);
}

/**
 * The same text with NIP-01 taken at its word: only line feed, quote, backslash, carriage return, tab, backspace and
 * form feed are escaped, so that other control characters stand verbatim. Null where both texts are the same.
 */
export function strictIdPreimage(event: UnsignedEvent): string | null {
  const text = idPreimage(event);
  // Only control characters come out of JSON.stringify as \u00XX; lone surrogates (\udXXX) have no UTF-8 form.
  const strict = text.replace(/(?<!\\)((?:\\\\)*)\\u00([01][0-9a-f])/g, (_, slashes: string, code: string) => {
    return slashes + String.fromCharCode(Number.parseInt(code, 16));
  });
  return strict === text ? null : strict;
}

/** Computes the id of an event: 64 lower-case hex digits. Runs anywhere; hosts with a native SHA-256 may be faster. */
export function getEventId(event: UnsignedEvent): string {
  return bytesToHex(sha256(utf8ToBytes(idPreimage(event))));
}
