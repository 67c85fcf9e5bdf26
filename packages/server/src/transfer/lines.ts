/** Whole lines of a text, and where they end in the (uncompressed) input. */
export interface LineBlock {
  /** Zero or more lines, each ended by a line feed but perhaps the last of the input. */
  readonly text: string;
  /** Position after the block, in bytes. */
  readonly endOffset: number;
  /** True where the block stands for one line that was too long to be taken; its text is empty. */
  readonly isOverlong: boolean;
}

const lineFeed = 10;

/**
 * Cuts a byte stream into blocks of whole lines, about one for each chunk. A byte order mark is left out. A line of
 * more than `lineBytesMax` bytes is stepped over without being held.
 */
export async function* readBlocks(
  chunks: AsyncIterable<Uint8Array>,
  { lineBytesMax, startOffset = 0 }: { readonly lineBytesMax: number; readonly startOffset?: number },
): AsyncGenerator<LineBlock> {
  const cutter = new LineCutter(lineBytesMax, startOffset);
  for await (const chunk of skipBytes(chunks, startOffset)) yield* cutter.take(chunk);
  yield* cutter.finish();
}

class LineCutter {
  readonly #lineBytesMax: number;
  /** Position after what was handed out. */
  #offset: number;
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** Inside a line that is too long. */
  #isSkipping = false;

  constructor(lineBytesMax: number, startOffset: number) {
    this.#lineBytesMax = lineBytesMax;
    this.#offset = startOffset;
  }

  *take(chunk: Uint8Array): Generator<LineBlock> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const firstEnd = bytes.indexOf(lineFeed) + 1;
    if (firstEnd === 0) return this.#keep(bytes);
    let start = 0;
    if (this.#isSkipping || this.#restBytes + firstEnd > this.#lineBytesMax) {
      this.#isSkipping = false;
      yield this.#overlong(firstEnd);
      start = firstEnd;
    }
    const end = bytes.lastIndexOf(lineFeed) + 1;
    if (end > start) yield this.#block(bytes.subarray(start, end));
    this.#keep(bytes.subarray(end));
  }

  *finish(): Generator<LineBlock> {
    if (this.#isSkipping) yield this.#overlong(0);
    else if (this.#restBytes > 0) yield this.#block(Buffer.alloc(0));
  }

  /** Holds the start of a line until its end comes, or steps over it once it is too long. */
  #keep(bytes: Buffer): void {
    this.#restBytes += bytes.length;
    if (this.#restBytes > this.#lineBytesMax) this.#isSkipping = true;
    if (this.#isSkipping) this.#rest = [];
    else if (bytes.length > 0) this.#rest.push(bytes);
  }

  #overlong(moreBytes: number): LineBlock {
    this.#advance(moreBytes);
    return { text: '', endOffset: this.#offset, isOverlong: true };
  }

  #block(bytes: Buffer): LineBlock {
    const parts = [...this.#rest, bytes];
    const startsInput = this.#offset === 0;
    this.#advance(bytes.length);
    return toBlock(parts, this.#offset, startsInput);
  }

  #advance(bytes: number): void {
    this.#offset += this.#restBytes + bytes;
    this.#rest = [];
    this.#restBytes = 0;
  }
}

/** The byte order mark becomes U+FEFF when decoded as UTF-8. */
function toBlock(parts: readonly Buffer[], endOffset: number, startsInput: boolean): LineBlock {
  const [only] = parts;
  const text = (parts.length === 1 && only ? only : Buffer.concat(parts)).toString('utf8');
  return { text: startsInput && text.startsWith('\uFEFF') ? text.slice(1) : text, endOffset, isOverlong: false };
}

async function* skipBytes(chunks: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    if (left >= chunk.length) {
      left -= chunk.length;
      continue;
    }
    yield left > 0 ? chunk.subarray(left) : chunk;
    left = 0;
  }
}
