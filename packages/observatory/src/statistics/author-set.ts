/** A set of dense author ids, one bit for each. */
export type AuthorSet = Uint32Array;

/** A set of these ids that has room for ids below `size`. */
export function toAuthorSet(ids: Iterable<number>, size: number): AuthorSet {
  const set = new Uint32Array((size + 31) >>> 5);
  for (const id of ids) addAuthor(set, id);
  return set;
}

/** Adds one id for which the set has room. */
export function addAuthor(set: AuthorSet, id: number): void {
  set[id >>> 5] = (set[id >>> 5] ?? 0) | (1 << (id & 31));
}

/** Takes one id out. */
export function removeAuthor(set: AuthorSet, id: number): void {
  if (id >>> 5 < set.length) set[id >>> 5] = (set[id >>> 5] ?? 0) & ~(1 << (id & 31));
}

/** Says whether an id is in the set. */
export function hasAuthor(set: AuthorSet, id: number): boolean {
  return (((set[id >>> 5] ?? 0) >>> (id & 31)) & 1) === 1;
}

/** Everybody who is in one of the sets, which may be of different lengths. */
export function uniteAuthors(sets: Iterable<AuthorSet>): AuthorSet {
  const list = [...sets];
  const united = new Uint32Array(Math.max(0, ...list.map(({ length }) => length)));
  for (const set of list) for (let word = 0; word < set.length; word++) united[word] = at(united, word) | at(set, word);
  return united;
}

/** How many are in the set, and in every mask. */
export function countAuthors(set: AuthorSet, ...masks: readonly AuthorSet[]): number {
  let count = 0;
  for (let word = 0; word < set.length; word++) {
    let bits = at(set, word);
    for (const mask of masks) bits &= at(mask, word);
    if (bits !== 0) count += countBits(bits);
  }
  return count;
}

/** Calls back with each id of the set, the lowest first. */
export function forEachAuthor(set: AuthorSet, visit: (id: number) => void): void {
  for (let word = 0; word < set.length; word++) {
    for (let bits = at(set, word); bits !== 0; bits &= bits - 1) visit(word * 32 + 31 - Math.clz32(bits & -bits));
  }
}

function at(set: AuthorSet, word: number): number {
  return set[word] ?? 0;
}

/** The number of ones of 32 bits, by adding neighbours in parallel. */
function countBits(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
