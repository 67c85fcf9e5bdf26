import { getGeohashPrefix, getIndexedTags, type NostrEvent } from '@nostrata/protocol';
import { geohashPrefixKey, tagKey } from '../keys.ts';

/** The keys under which the event's tags are found, each once. */
export function tagKeys(event: NostrEvent): readonly number[] {
  const keys = new Set<number>();
  for (const [letter, value] of getIndexedTags(event)) {
    keys.add(tagKey(letter, value));
    if (letter === 'g') for (const prefix of geohashPrefixes(value)) keys.add(geohashPrefixKey(prefix));
  }
  return [...keys];
}

/** Every beginning of a geohash, itself included; none where the value is no geohash. */
function geohashPrefixes(value: string): readonly string[] {
  if (getGeohashPrefix('g', `${value}*`) !== value) return [];
  return Array.from(value, (_, index) => value.slice(0, index + 1));
}
