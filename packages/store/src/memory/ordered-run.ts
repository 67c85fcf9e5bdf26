import type { Compare, Source } from '../merge.ts';

/** Values in one array; above it the array is split. Inserting moves at most this many pointers. */
const chunkMax = 512;

/** A sorted list that stays fast to insert into and remove from: a list of short sorted arrays. No value twice. */
export class OrderedRun<T> {
  #chunks: T[][] = [];
  #size = 0;
  /** Rises with every change, so that open cursors find their place again. */
  #version = 0;
  readonly #compare: Compare<T>;

  constructor(compare: Compare<T>) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  has(value: T): boolean {
    const [chunk, index] = this.#seek(value);
    const found = this.#chunks[chunk]?.[index];
    return found !== undefined && this.#compare(found, value) === 0;
  }

  insert(value: T): void {
    this.#version += 1;
    this.#size += 1;
    const place = this.#seek(value);
    // Past the last value: it goes to the end of the last chunk.
    const number = Math.min(place[0], Math.max(this.#chunks.length - 1, 0));
    const chunk = this.#chunks[number];
    if (!chunk) {
      this.#chunks.push([value]);
      return;
    }
    const index = place[0] === number ? place[1] : chunk.length;
    chunk.splice(index, 0, value);
    if (chunk.length > chunkMax) this.#chunks.splice(number + 1, 0, chunk.splice(chunk.length >> 1));
  }

  remove(value: T): boolean {
    const [number, index] = this.#seek(value);
    const chunk = this.#chunks[number];
    const found = chunk?.[index];
    if (!chunk || found === undefined || this.#compare(found, value) !== 0) return false;
    this.#version += 1;
    this.#size -= 1;
    chunk.splice(index, 1);
    if (chunk.length === 0) this.#chunks.splice(number, 1);
    return true;
  }

  /** The first value, or undefined. */
  first(): T | undefined {
    return this.#chunks[0]?.[0];
  }

  /** The last value, or undefined. */
  last(): T | undefined {
    return this.#chunks.at(-1)?.at(-1);
  }

  /** All values in order; the run must not change meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    for (const chunk of this.#chunks) yield* chunk;
  }

  /** All values from the last to the first; the run must not change meanwhile. */
  *backwards(): Generator<T> {
    for (let i = this.#chunks.length - 1; i >= 0; i -= 1) yield* this.#chunks[i]?.toReversed() ?? [];
  }

  /**
   * The values for which `isBefore` does not hold, in order, or all of them; it must hold for a beginning of the run
   * only. The run may change between two calls of `next`: what was handed out is not handed out again.
   */
  cursor(isBefore?: (value: T) => boolean): Source<T> {
    let [chunk, index] = isBefore ? this.#partition(isBefore) : [0, 0];
    let version = this.#version;
    let last: T | undefined;
    return {
      next: () => {
        if (version !== this.#version) {
          version = this.#version;
          const previous = last;
          const passed = (value: T): boolean =>
            previous === undefined ? (isBefore?.(value) ?? false) : this.#compare(value, previous) <= 0;
          [chunk, index] = this.#partition(passed);
        }
        const value = this.#chunks[chunk]?.[index];
        if (value === undefined) return undefined;
        last = value;
        index += 1;
        if (index === this.#chunks[chunk]?.length) {
          chunk += 1;
          index = 0;
        }
        return value;
      },
    };
  }

  #seek(value: T): readonly [chunk: number, index: number] {
    const compare = this.#compare;
    return this.#partition((other) => compare(other, value) < 0);
  }

  /** The place of the first value for which `isBefore` does not hold. */
  #partition(isBefore: (value: T) => boolean): [chunk: number, index: number] {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const values = this.#chunks[middle];
      const tail = values?.[values.length - 1];
      if (tail !== undefined && isBefore(tail)) low = middle + 1;
      else high = middle;
    }
    const chunk = this.#chunks[low];
    if (!chunk) return [low, 0];
    let from = 0;
    let to = chunk.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      const value = chunk[middle];
      if (value !== undefined && isBefore(value)) from = middle + 1;
      else to = middle;
    }
    return [low, from];
  }
}
