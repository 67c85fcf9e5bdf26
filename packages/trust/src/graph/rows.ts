import { rowsGapMin, rowsGapShare } from '../limits.ts';
import { grown, release } from './grown.ts';

/** Rows of numbers in typed arrays: row `i` is `targets[starts[i]]` and the `lengths[i] - 1` that follow it. */
export interface Rows {
  /** How many rows there are; the arrays may have room for more. */
  readonly count: number;
  readonly starts: Uint32Array;
  readonly lengths: Uint32Array;
  readonly targets: Uint32Array;
}

/** A place between rows that a row may grow into. */
const gap = 0xffffffff;

/**
 * Compressed rows that can change: a row that no longer fits where it is moves to the end, and what it leaves behind is
 * a gap that its neighbour may grow into. When gaps take more than an eighth, all rows close up in place, without a
 * second copy.
 */
export class ChangingRows implements Rows {
  count = 0;
  starts: Uint32Array<ArrayBuffer> = new Uint32Array(1024);
  lengths: Uint32Array<ArrayBuffer> = new Uint32Array(1024);
  targets: Uint32Array<ArrayBuffer> = new Uint32Array(4096);
  /** Numbers in all rows. */
  live = 0;
  /** Where the last row or gap ends. */
  #used = 0;

  /** Places that hold no number now. */
  get gaps(): number {
    return this.#used - this.live;
  }

  /** Adds empty rows until there are so many. */
  grow(count: number): void {
    if (count <= this.count) return;
    this.starts = withRoom(this.starts, count);
    this.lengths = withRoom(this.lengths, count);
    this.count = count;
  }

  /** The numbers of a row, in a view that the next change makes worthless. */
  row(index: number): Uint32Array {
    const start = this.starts[index] ?? 0;
    return this.targets.subarray(start, start + (this.lengths[index] ?? 0));
  }

  /** Puts other numbers into a row. */
  set(index: number, values: Uint32Array): void {
    const length = this.lengths[index] ?? 0;
    if (values.length > length && !this.#fits(index, values.length)) this.#move(index, values.length);
    const start = this.starts[index] ?? 0;
    this.targets.set(values, start);
    if (values.length < length) this.targets.fill(gap, start + values.length, start + length);
    this.#setLength(index, values.length);
    this.#closeUpWhenWorthwhile();
  }

  /** Adds a number to the end of a row that does not hold it. */
  push(index: number, value: number): void {
    const length = this.lengths[index] ?? 0;
    if (!this.#fits(index, length + 1)) this.#move(index, length + 4 + (length >>> 3));
    this.targets[(this.starts[index] ?? 0) + length] = value;
    this.#setLength(index, length + 1);
    this.#closeUpWhenWorthwhile();
  }

  /** Takes a number out of a row; the last takes its place. */
  delete(index: number, value: number): void {
    const row = this.row(index);
    const at = row.indexOf(value);
    if (at < 0) return;
    row[at] = row[row.length - 1] ?? gap;
    row[row.length - 1] = gap;
    this.#setLength(index, row.length - 1);
  }

  /** Turns the rows of another around: row `t` gets every `s` whose row holds `t`, ascending. */
  setReverseOf(rows: Rows): void {
    this.count = 0;
    this.starts.fill(0);
    this.lengths.fill(0);
    this.grow(rows.count);
    const { starts, lengths } = this;
    eachNumber(rows, (_, target) => {
      lengths[target] = (lengths[target] ?? 0) + 1;
    });
    let total = 0;
    for (let index = 0; index < rows.count; index += 1) {
      starts[index] = total;
      total += lengths[index] ?? 0;
    }
    if (this.targets.length < total) this.targets = new Uint32Array(total + (total >>> 4));
    const { targets } = this;
    lengths.fill(0);
    eachNumber(rows, (source, target) => {
      const length = lengths[target] ?? 0;
      targets[(starts[target] ?? 0) + length] = source;
      lengths[target] = length + 1;
    });
    this.live = total;
    this.#used = total;
  }

  /** Gives rows, and the numbers in them, other numbers: those that stand at the places of the old ones. */
  renumber(numbers: Uint32Array): void {
    const [starts, lengths] = [this.starts, this.lengths];
    this.starts = new Uint32Array(starts.length);
    this.lengths = new Uint32Array(lengths.length);
    for (let index = 0; index < this.count; index += 1) {
      const start = starts[index] ?? 0;
      const length = lengths[index] ?? 0;
      const row = this.targets.subarray(start, start + length);
      for (let at = 0; at < length; at += 1) row[at] = numbers[row[at] ?? 0] ?? 0;
      row.sort();
      this.starts[numbers[index] ?? 0] = start;
      this.lengths[numbers[index] ?? 0] = length;
    }
    release(starts);
    release(lengths);
  }

  /** Moves all rows together, so that there are no gaps. */
  closeUp(): void {
    let end = 0;
    for (const index of this.#byPlace()) {
      const start = this.starts[index] ?? 0;
      const length = this.lengths[index] ?? 0;
      if (start !== end) this.targets.copyWithin(end, start, start + length);
      this.starts[index] = end;
      end += length;
    }
    this.#used = end;
  }

  /** Numbers of the rows that hold something, in the order of their places: sorted as start × 2²¹ + row. */
  #byPlace(): Float64Array {
    // A start takes 27 bits and a row 23, which a double holds exactly, and numbers sort natively.
    const keys = new Float64Array(this.count);
    let held = 0;
    for (let index = 0; index < this.count; index += 1) {
      if ((this.lengths[index] ?? 0) === 0) continue;
      keys[held] = (this.starts[index] ?? 0) * 0x800000 + index;
      held += 1;
    }
    const order = keys.subarray(0, held).sort();
    for (let at = 0; at < held; at += 1) order[at] = (order[at] ?? 0) % 0x800000;
    return order;
  }

  #setLength(index: number, length: number): void {
    this.live += length - (this.lengths[index] ?? 0);
    this.lengths[index] = length;
  }

  /** Says whether the row can have so many numbers where it is: only gaps follow it. */
  #fits(index: number, length: number): boolean {
    const start = this.starts[index] ?? 0;
    const now = this.lengths[index] ?? 0;
    if (length <= now) return true;
    if (now === 0 || start + length > this.#used) return false;
    for (let at = start + now; at < start + length; at += 1) if (this.targets[at] !== gap) return false;
    return true;
  }

  /** Moves a row to the end, where it has room for so many numbers. */
  #move(index: number, room: number): void {
    const length = this.lengths[index] ?? 0;
    const old = this.starts[index] ?? 0;
    const start = this.#used;
    this.#used += room;
    this.targets = withRoom(this.targets, this.#used);
    this.targets.copyWithin(start, old, old + length);
    this.targets.fill(gap, start + length, start + room);
    if (length > 0) this.targets.fill(gap, old, old + length);
    this.starts[index] = start;
  }

  #closeUpWhenWorthwhile(): void {
    if (this.gaps > Math.max(rowsGapMin, this.live * rowsGapShare)) this.closeUp();
  }
}

function eachNumber(rows: Rows, visit: (source: number, target: number) => void): void {
  const { starts, lengths, targets } = rows;
  for (let source = 0; source < rows.count; source += 1) {
    const start = starts[source] ?? 0;
    const end = start + (lengths[source] ?? 0);
    for (let at = start; at < end; at += 1) visit(source, targets[at] ?? 0);
  }
}

/** The array with room for so many, half as many again where it grows. What is not written to yet takes no memory. */
function withRoom(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  if (length <= array.length) return array;
  return grown(array, Math.max(length, array.length + (array.length >>> 1)));
}
