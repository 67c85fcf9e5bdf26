/**
 * A keyed HyperLogLog of 2^14 registers: an estimate of how many different things were added, in at most 16 KiB, 0.8 %
 * off on average. Sketches with the same key merge; the bytes follow from what was added, whatever the order.
 */
export interface Sketch {
  /** Adds the hash of a thing, 8 bytes of it; says whether that changed anything. */
  add(hash: Uint8Array): boolean;
  /** Takes in all that is in another sketch. */
  merge(other: Uint8Array): void;
  estimate(): number;
  /** The sketch as bytes: the places that are not 0 while they are few, else all. */
  encode(): Uint8Array;
}

const precision = 14;
const registers = 2 ** precision;
/** The bits of a hash that do not choose the register. */
const rankBits = 64 - precision;

const sparseFormat = 1;
const denseFormat = 2;
/** With more places than that the list of them is longer than all. */
const sparseMax = Math.floor(registers / 3);

/**
 * Creates a sketch, empty or from its bytes.
 * @throws RangeError where the bytes are none
 */
export function createSketch(bytes?: Uint8Array): Sketch {
  let places = new Map<number, number>();
  let dense: Uint8Array | undefined;
  const raise = (place: number, rank: number): boolean => {
    if ((dense ? (dense[place] ?? 0) : (places.get(place) ?? 0)) >= rank) return false;
    if (dense) dense[place] = rank;
    else places.set(place, rank);
    if (!dense && places.size > sparseMax) {
      dense = toDense(places);
      places = new Map();
    }
    return true;
  };
  const merge = (other: Uint8Array): void => {
    for (const [place, rank] of decode(other)) raise(place, rank);
  };
  if (bytes) merge(bytes);
  return {
    add: (hash) => raise(...toPlace(hash)),
    merge,
    estimate: () => estimate(dense ?? places.values(), dense ? 0 : registers - places.size),
    encode: () => (dense ? encodeDense(dense) : encodeSparse(places)),
  };
}

function toPlace(hash: Uint8Array): [place: number, rank: number] {
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  const high = view.getUint32(0);
  const place = high >>> (32 - precision);
  const rest = (high << precision) >>> 0;
  if (rest !== 0) return [place, Math.clz32(rest) + 1];
  const rank = 32 - precision + Math.clz32(view.getUint32(4)) + 1;
  return [place, Math.min(rank, rankBits + 1)];
}

function toDense(places: ReadonlyMap<number, number>): Uint8Array {
  const dense = new Uint8Array(registers);
  for (const [place, rank] of places) dense[place] = rank;
  return dense;
}

function encodeDense(dense: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + registers);
  bytes[0] = denseFormat;
  bytes.set(dense, 1);
  return bytes;
}

/** Three bytes each: two of place, one of rank. */
function encodeSparse(places: ReadonlyMap<number, number>): Uint8Array {
  const bytes = new Uint8Array(1 + 3 * places.size);
  bytes[0] = sparseFormat;
  let at = 1;
  for (const [place, rank] of [...places].sort(([a], [b]) => a - b)) {
    const word = (place << 8) | rank;
    bytes[at] = word >>> 16;
    bytes[at + 1] = word >>> 8;
    bytes[at + 2] = word;
    at += 3;
  }
  return bytes;
}

function* decode(bytes: Uint8Array): Generator<[place: number, rank: number]> {
  if (bytes[0] === denseFormat && bytes.length === registers + 1) {
    for (let place = 0; place < registers; place += 1) {
      const rank = bytes[place + 1] ?? 0;
      if (rank > 0) yield [place, rank];
    }
  } else if (bytes[0] === sparseFormat && bytes.length % 3 === 1) {
    for (let at = 1; at < bytes.length; at += 3) {
      yield [((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0), bytes[at + 2] ?? 0];
    }
  } else throw new RangeError('these bytes are no sketch');
}

/** The estimator of Otmar Ertl (2017), which needs no tables and no switch between small and large. */
function estimate(ranks: Iterable<number>, empty: number): number {
  const counts = new Array<number>(rankBits + 2).fill(0);
  counts[0] = empty;
  for (const rank of ranks) counts[rank] = (counts[rank] ?? 0) + 1;
  let z = registers * tau(1 - (counts[rankBits + 1] ?? 0) / registers);
  for (let rank = rankBits; rank >= 1; rank -= 1) z = (z + (counts[rank] ?? 0)) / 2;
  z += registers * sigma((counts[0] ?? 0) / registers);
  return registers ** 2 / (2 * Math.LN2 * z);
}

function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY;
  let power = share;
  let sum = share;
  for (let factor = 1, before = -1; sum !== before; factor *= 2) {
    power *= power;
    before = sum;
    sum += power * factor;
  }
  return sum;
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let root = share;
  let sum = 1 - share;
  for (let factor = 1, before = -1; sum !== before; ) {
    root = Math.sqrt(root);
    before = sum;
    factor /= 2;
    sum -= (1 - root) ** 2 * factor;
  }
  return sum / 3;
}
