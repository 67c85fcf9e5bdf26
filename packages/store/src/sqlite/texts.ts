import type { NostrEvent } from '@nostrata/protocol';
import { geohashPrefixKey, tagKey } from '../keys.ts';

/** The event id inside a canonical JSON text. */
export function idOf(json: string): string {
  return json.slice(7, 71);
}

/** The pubkey inside a canonical JSON text. */
export function pubkeyOf(json: string): string {
  return json.slice(83, 147);
}

/** The signature inside a canonical JSON text. */
export function sigOf(json: string): string {
  return json.slice(-130, -2);
}

/** The event of a canonical JSON text. */
export function parseCanonical(json: string): NostrEvent {
  return JSON.parse(json) as NostrEvent;
}

const geohash = /^[0-9b-hjkmnp-z]{1,12}$/;

/** The keys under which the tags of an event are found, each once. */
export function tagKeys(event: NostrEvent): number[] {
  const keys: number[] = [];
  for (const tag of event.tags) {
    const name = tag[0];
    const value = tag[1];
    if (name?.length !== 1 || value === undefined || !isLetter(name)) continue;
    keys.push(tagKey(name, value));
    if (name === 'g' && geohash.test(value)) {
      for (let length = 1; length <= value.length; length += 1) keys.push(geohashPrefixKey(value.slice(0, length)));
    }
  }
  return keys.length > 1 ? [...new Set(keys)] : keys;
}

function isLetter(name: string): boolean {
  const code = name.charCodeAt(0) | 32;
  return code >= 97 && code <= 122;
}
