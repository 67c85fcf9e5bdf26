import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Address } from './address.ts';
import { decodeBech32, encodeBech32 } from './bech32.ts';
import { InvalidError } from './errors.ts';
import { isHex64 } from './event.ts';

/** What a NIP-19 text stands for. A secret key is given as its bytes, so that it is not written down by accident. */
export type Nip19 =
  | { readonly type: 'npub'; readonly pubkey: string }
  | { readonly type: 'nsec'; readonly secret: Uint8Array }
  | { readonly type: 'note'; readonly id: string }
  | { readonly type: 'nprofile'; readonly pubkey: string; readonly relays: readonly string[] }
  | ({ readonly type: 'nevent' } & EventPointer)
  | ({ readonly type: 'naddr'; readonly relays: readonly string[] } & Address);

/** An event and where to look for it. */
export interface EventPointer {
  readonly id: string;
  readonly relays: readonly string[];
  readonly author?: string | undefined;
  readonly kind?: number | undefined;
}

/** Writes a pubkey as `npub1…`. */
export function encodeNpub(pubkey: string): string {
  return encodeBech32('npub', toBytes(pubkey));
}

/** Writes a secret key of 32 bytes as `nsec1…`. Whoever reads it can sign as its owner: never log or publish it. */
export function encodeNsec(secret: Uint8Array): string {
  if (secret.length !== 32) throw new InvalidError('secret does not have 32 bytes');
  return encodeBech32('nsec', secret);
}

/** Writes an event id as `note1…`. */
export function encodeNote(id: string): string {
  return encodeBech32('note', toBytes(id));
}

/** Writes a pubkey and its relays as `nprofile1…`. */
export function encodeNprofile(pubkey: string, relays: readonly string[] = []): string {
  return encodeBech32('nprofile', joinFields([[Field.special, toBytes(pubkey)], ...relayFields(relays)]));
}

/** Writes an event id, its relays, author and kind as `nevent1…`. */
export function encodeNevent({ id, relays, author, kind }: EventPointer): string {
  const fields: TlvField[] = [[Field.special, toBytes(id)], ...relayFields(relays)];
  if (author !== undefined) fields.push([Field.author, toBytes(author)]);
  if (kind !== undefined) fields.push([Field.kind, kindBytes(kind)]);
  return encodeBech32('nevent', joinFields(fields));
}

/** Writes an address and its relays as `naddr1…`. */
export function encodeNaddr({ kind, pubkey, identifier }: Address, relays: readonly string[] = []): string {
  const fields: TlvField[] = [
    [Field.special, utf8ToBytes(identifier)],
    ...relayFields(relays),
    [Field.author, toBytes(pubkey)],
    [Field.kind, kindBytes(kind)],
  ];
  return encodeBech32('naddr', joinFields(fields));
}

/**
 * Reads a NIP-19 text. Fields that are not known are left out, as the NIP asks.
 * @throws InvalidError where the text is malformed or lacks a field that it must have
 */
export function decodeNip19(text: string): Nip19 {
  const { prefix, bytes } = decodeBech32(text);
  switch (prefix) {
    case 'npub':
      return { type: prefix, pubkey: toHex(bytes) };
    case 'note':
      return { type: prefix, id: toHex(bytes) };
    case 'nsec':
      if (bytes.length !== 32) throw new InvalidError('nsec does not hold 32 bytes');
      return { type: prefix, secret: bytes };
    case 'nprofile': {
      const fields = splitFields(bytes);
      return { type: prefix, pubkey: toHex(first(fields, Field.special)), relays: readRelays(fields) };
    }
    case 'nevent':
      return { type: prefix, ...readEvent(splitFields(bytes)) };
    case 'naddr': {
      const fields = splitFields(bytes);
      const identifier = readText(first(fields, Field.special));
      const pubkey = toHex(first(fields, Field.author));
      return {
        type: prefix,
        kind: readKind(first(fields, Field.kind)),
        pubkey,
        identifier,
        relays: readRelays(fields),
      };
    }
    default:
      throw new InvalidError(`prefix ${JSON.stringify(prefix.slice(0, 20))} is not one of NIP-19`);
  }
}

const Field = { special: 0, relay: 1, author: 2, kind: 3 } as const;

type TlvField = readonly [type: number, value: Uint8Array];

function readEvent(fields: readonly TlvField[]): EventPointer {
  const author = fields.find(([type]) => type === Field.author)?.[1];
  const kind = fields.find(([type]) => type === Field.kind)?.[1];
  return {
    id: toHex(first(fields, Field.special)),
    relays: readRelays(fields),
    ...(author && { author: toHex(author) }),
    ...(kind && { kind: readKind(kind) }),
  };
}

function splitFields(bytes: Uint8Array): TlvField[] {
  const fields: TlvField[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [type = 0, length] = bytes.subarray(at, at + 2);
    if (length === undefined || at + 2 + length > bytes.length) throw new InvalidError('a field ends too early');
    fields.push([type, bytes.slice(at + 2, at + 2 + length)]);
    at += 2 + length;
  }
  return fields;
}

function joinFields(fields: readonly TlvField[]): Uint8Array {
  const bytes: number[] = [];
  for (const [type, value] of fields) {
    if (value.length > 255) throw new InvalidError('a field is longer than 255 bytes');
    bytes.push(type, value.length, ...value);
  }
  return Uint8Array.from(bytes);
}

function relayFields(relays: readonly string[]): TlvField[] {
  return relays.map((relay) => [Field.relay, utf8ToBytes(relay)]);
}

function first(fields: readonly TlvField[], wanted: number): Uint8Array {
  const field = fields.find(([type]) => type === wanted);
  if (!field) throw new InvalidError(`field ${wanted} is missing`);
  return field[1];
}

function readRelays(fields: readonly TlvField[]): string[] {
  return fields.flatMap(([type, value]) => (type === Field.relay ? [readText(value)] : []));
}

function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new InvalidError('a field is not text', { cause: error });
  }
}

function readKind(bytes: Uint8Array): number {
  if (bytes.length !== 4) throw new InvalidError('kind is not four bytes');
  const kind = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (kind > 65_535) throw new InvalidError('kind is not between 0 and 65535');
  return kind;
}

function kindBytes(kind: number): Uint8Array {
  return Uint8Array.of(0, 0, kind >> 8, kind & 255);
}

function toBytes(hex: string): Uint8Array {
  if (!isHex64(hex)) throw new InvalidError('key or id is not 64 lower-case hex digits');
  return hexToBytes(hex);
}

function toHex(bytes: Uint8Array): string {
  if (bytes.length !== 32) throw new InvalidError('key or id does not have 32 bytes');
  return bytesToHex(bytes);
}
