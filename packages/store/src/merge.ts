/** Something that hands out values in order, one at a time, and then undefined for good. */
export interface Source<T> {
  next(): T | undefined;
}

/** Negative where `a` comes first; zero only for the same value. */
export type Compare<T> = (a: T, b: T) => number;

/**
 * Merges ordered sources into one ordered source in which each value stands once. Costs one comparison chain of
 * log2(sources) per value; sources are asked only for what is taken, and one value ahead.
 */
export function mergeOrdered<T extends object>(sources: readonly Source<T>[], compare: Compare<T>): Source<T> {
  const only = sources[0];
  if (only && sources.length === 1) return only;
  const heap: Head<T>[] = [];
  for (const source of sources) {
    const value = source.next();
    if (value !== undefined) heap.push({ value, source });
  }
  for (let i = (heap.length >> 1) - 1; i >= 0; i -= 1) siftDown(heap, i, compare);
  let last: T | undefined;
  return {
    next() {
      for (;;) {
        const value = takeHead(heap, compare);
        if (value === undefined) return undefined;
        if (last !== undefined && compare(last, value) === 0) continue;
        last = value;
        return value;
      }
    },
  };
}

interface Head<T> {
  readonly value: T;
  readonly source: Source<T>;
}

function takeHead<T>(heap: Head<T>[], compare: Compare<T>): T | undefined {
  const head = heap[0];
  if (!head) return undefined;
  const following = head.source.next();
  if (following !== undefined) {
    heap[0] = { value: following, source: head.source };
  } else {
    const tail = heap.pop();
    if (tail && heap.length > 0) heap[0] = tail;
  }
  siftDown(heap, 0, compare);
  return head.value;
}

function siftDown<T>(heap: Head<T>[], start: number, compare: Compare<T>): void {
  const moving = heap[start];
  if (!moving) return;
  let hole = start;
  for (;;) {
    let child = 2 * hole + 1;
    let candidate = heap[child];
    if (!candidate) break;
    const right = heap[child + 1];
    if (right && compare(right.value, candidate.value) < 0) {
      child += 1;
      candidate = right;
    }
    if (compare(moving.value, candidate.value) <= 0) break;
    heap[hole] = candidate;
    hole = child;
  }
  heap[hole] = moving;
}
