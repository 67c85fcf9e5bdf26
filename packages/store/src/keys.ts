/**
 * Index keys. A key is a whole number below 2^48, so that it is exact as a JavaScript number, six bytes in SQLite and
 * a bigint in PostgreSQL. Keys only narrow a search: two values may share one, and engines compare the event itself
 * before they hand it out. Keys are stable: they are stored.
 */

/** The key of an event id or pubkey: its first 12 hex digits. Ids keep their order under it. */
export function hexKey(hex: string): number {
  return Number.parseInt(hex.slice(0, 12), 16);
}

/** The key of a tag: its letter and its value, whatever length. */
export function tagKey(letter: string, value: string): number {
  return hash48(letter.charCodeAt(0), value);
}

/** The key under which a `g` tag is found by a prefix of its geohash. */
export function geohashPrefixKey(prefix: string): number {
  return hash48(geohashPrefixSeed, prefix);
}

/** A seed that no tag letter has. */
const geohashPrefixSeed = 0x10067;

/**
 * Two 32-bit multiply-and-xor lanes over the UTF-16 code units, mixed as in MurmurHash3's finaliser. Not
 * cryptographic: whoever makes values collide only makes their own look-ups slower.
 */
function hash48(seed: number, text: string): number {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return (b >>> 0) * 0x10000 + (a >>> 16);
}
