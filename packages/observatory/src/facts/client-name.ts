import { getTag, type UnsignedEvent } from '@nostrata/protocol';
import { clientAddressCharactersMax, clientNameCharactersMax } from './limits.ts';

/** A program that events say they were written with (NIP-89). */
export interface ClientIdentity {
  /** What it is known by: its address where it gave one, else its name in lower case. */
  readonly key: string;
  /** As it is shown; may be empty where there is an address. */
  readonly name: string;
  /** `31990:pubkey:identifier` */
  readonly address: string | undefined;
}

/** Reads the first `client` tag of an event. Undefined where there is none, or nothing in it. Never throws. */
export function readClient(event: UnsignedEvent): ClientIdentity | undefined {
  const tag = getTag(event, 'client');
  if (!tag) return undefined;
  const [, first = '', second] = tag;
  const address = readAddress(second) ?? readAddress(first);
  const name = readAddress(first) ? '' : normalizeClientName(first);
  const key = address ?? name.toLowerCase();
  return key === '' ? undefined : { key, name, address };
}

/**
 * The name of a client without its version and address on the web, in one spelling of Unicode (NFC), without what
 * cannot be seen, at most 64 characters. Of a name that is nothing but an address on the web, its host is left; of one
 * that is nothing but a version, everything.
 */
export function normalizeClientName(text: string): string {
  // What is longer than any name is cut before it costs anything.
  const visible = text.slice(0, 1_000).toWellFormed().replace(unseen, ' ').normalize('NFC').replace(/\s+/g, ' ').trim();
  const withoutUrl = visible.replace(webAddress, ' ').replace(/\s+/g, ' ').trim();
  const base = withoutUrl === '' ? readHost(visible) : withoutUrl;
  const withoutVersion = base.replace(version, '').trim();
  const name = withoutVersion === '' ? base : withoutVersion;
  return [...name].slice(0, clientNameCharactersMax).join('').trim();
}

/** Control characters, and those that turn the direction of writing. */
const unseen = /[\p{Cc}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

const webAddress = /[([<]?\b(?:https?|wss?):\/\/[^\s)\]>]*[)\]>]?/gi;

/** `v1.2.3`, `/0.5`, `(1.0.0-beta)` and what follows it. */
const version = /(?:^|[\s/_@(-]+)v?\d+(?:\.\d+)+.*$/i;

function readHost(text: string): string {
  const host = /^[a-z]+:\/\/([^/\s:?#]+)/i.exec(text)?.[1] ?? text;
  return host.replace(/^www\./i, '');
}

function readAddress(text: string | undefined): string | undefined {
  if (text === undefined || text.length > clientAddressCharactersMax || !text.isWellFormed()) return undefined;
  return /^31990:[0-9a-f]{64}:\P{Cc}*$/u.test(text) ? text : undefined;
}
