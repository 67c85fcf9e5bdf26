import type { NostrEvent, Tag, UnsignedEvent } from './event.ts';

/** The first tag of that name, or undefined. */
export function getTag(event: UnsignedEvent, name: string): Tag | undefined {
  return event.tags.find((tag) => tag[0] === name);
}

/** The first value of the first tag of that name, or undefined. */
export function getTagValue(event: UnsignedEvent, name: string): string | undefined {
  return getTag(event, name)?.[1];
}

/** The first values of all tags of that name, in order. */
export function getTagValues(event: UnsignedEvent, name: string): string[] {
  const values: string[] = [];
  for (const tag of event.tags) if (tag[0] === name && tag[1] !== undefined) values.push(tag[1]);
  return values;
}

/** Says whether relays index tags of this name: a single letter a–z or A–Z (NIP-01). */
export function isIndexedTagName(name: string | undefined): boolean {
  if (name?.length !== 1) return false;
  const code = name.charCodeAt(0) | 32;
  return code >= 97 && code <= 122;
}

/** The tags that filters can ask for: single-letter names with a first value (NIP-01), in order, doubles included. */
export function getIndexedTags(event: UnsignedEvent): (readonly [name: string, value: string])[] {
  const indexed: (readonly [string, string])[] = [];
  for (const [name, value] of event.tags) {
    if (name !== undefined && value !== undefined && isIndexedTagName(name)) indexed.push([name, value]);
  }
  return indexed;
}

/** The second at which the event expires (NIP-40), or undefined without a well-formed `expiration` tag. */
export function getExpiration(event: UnsignedEvent): number | undefined {
  const value = getTagValue(event, 'expiration');
  if (value === undefined || !/^[0-9]{1,15}$/.test(value)) return undefined;
  return Number(value);
}

/** Says whether the event has a `-` tag: only its author may publish it to a relay (NIP-70). */
export function isProtected(event: NostrEvent): boolean {
  return event.tags.some((tag) => tag[0] === '-');
}
