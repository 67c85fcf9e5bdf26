/** A deterministic source of random numbers. */
export interface SeededRandom {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, below). */
  integer(below: number): number;
  /** One of the list's elements. */
  pick<T>(list: readonly T[]): T;
  /** That many random bytes. */
  bytes(length: number): Uint8Array;
}

/** mulberry32: the same numbers for the same seed, on every machine. Texts are hashed to a number (FNV-1a). */
export function seededRandom(seed: number | string): SeededRandom {
  let state = typeof seed === 'number' ? seed >>> 0 : hashText(seed);
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const integer = (below: number): number => Math.floor(next() * below);
  return {
    next,
    integer,
    pick(list) {
      if (list.length === 0) throw new Error('nothing to pick from');
      return list[integer(list.length)] as (typeof list)[number];
    },
    bytes: (length) => Uint8Array.from({ length }, () => integer(256)),
  };
}

function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
