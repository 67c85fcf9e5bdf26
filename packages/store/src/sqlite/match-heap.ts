/** A match of a search: its position in the log, and how good it is, lower being better. */
export interface Match {
  readonly seq: number;
  readonly rank: number;
}

/** Matches of which the best can be taken at any time, in 16 bytes each; adding and taking cost little. */
export interface MatchHeap {
  readonly size: number;
  add(seq: number, rank: number): void;
  /** The rank of the best match; undefined where there is none. */
  readonly best: number | undefined;
  /** Takes the best matches, at most `count`; those of that rank alone where one is given. */
  take(count: number, rank?: number): Match[];
}

/** Makes a heap without matches. */
export function createMatchHeap(): MatchHeap {
  let seqs = new Float64Array(256);
  let ranks = new Float64Array(256);
  let size = 0;
  const seqAt = (at: number): number => seqs[at] ?? 0;
  const rankAt = (at: number): number => ranks[at] ?? Number.POSITIVE_INFINITY;
  const set = (at: number, seq: number, rank: number): void => {
    seqs[at] = seq;
    ranks[at] = rank;
  };

  const add = (seq: number, rank: number): void => {
    if (size === seqs.length) {
      seqs = doubled(seqs);
      ranks = doubled(ranks);
    }
    let at = size;
    size += 1;
    for (let parent = (at - 1) >> 1; at > 0 && rankAt(parent) > rank; parent = (at - 1) >> 1) {
      set(at, seqAt(parent), rankAt(parent));
      at = parent;
    }
    set(at, seq, rank);
  };
  const takeBest = (): Match => {
    const best = { seq: seqAt(0), rank: rankAt(0) };
    size -= 1;
    const [seq, rank] = [seqAt(size), rankAt(size)];
    let at = 0;
    for (let child = 1; child < size; child = at * 2 + 1) {
      if (child + 1 < size && rankAt(child + 1) < rankAt(child)) child += 1;
      if (rankAt(child) >= rank) break;
      set(at, seqAt(child), rankAt(child));
      at = child;
    }
    set(at, seq, rank);
    return best;
  };
  return {
    get size() {
      return size;
    },
    add,
    get best() {
      return size > 0 ? rankAt(0) : undefined;
    },
    take: (count, rank) => {
      const taken: Match[] = [];
      while (size > 0 && taken.length < count && (rank === undefined || rankAt(0) === rank)) taken.push(takeBest());
      return taken;
    },
  };
}

function doubled(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2);
  larger.set(values);
  return larger;
}
