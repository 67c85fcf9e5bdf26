import type { SubmitResult } from '@nostrata/ingest';
import type { LineBlock } from './lines.ts';

/** The part of the door that an import needs. */
export interface Door {
  submit(event: unknown, source: { readonly via: 'import' }): Promise<SubmitResult>;
  readonly isFull: boolean;
  drained(): Promise<void>;
  readonly policies: readonly { readonly name: string }[];
}

/** What became of the lines that were read; `invalid` counts what cannot be parsed too. The rest adds up to `read`. */
export interface ImportCounts {
  read: number;
  stored: number;
  duplicate: number;
  superseded: number;
  deleted: number;
  expired: number;
  vanished: number;
  ephemeral: number;
  invalid: number;
  rejected: number;
}

/** A line that was not taken. */
export interface RejectedLine {
  /** Counted from 1. */
  readonly line: number;
  readonly reason: string;
  readonly text: string;
}

/** How far an import has come: everything before this position is durable or was refused for good. */
export interface ImportPosition {
  readonly offset: number;
  /** Lines before that offset. */
  readonly lines: number;
}

/** What an import works on, and what it tells. */
export interface ImportOptions {
  readonly door: Door;
  readonly blocks: AsyncIterable<LineBlock>;
  readonly counts: ImportCounts;
  readonly start: ImportPosition;
  /** Blocks under way at a time. */
  readonly blocksMax: number;
  /** Ends the import after what was submitted. */
  readonly signal: AbortSignal;
  onRejected(line: RejectedLine): void;
  /** A block and all before it are settled. */
  onSettled(position: ImportPosition): void;
}

/** Counts that are all 0. */
export function createImportCounts(): ImportCounts {
  return {
    read: 0,
    stored: 0,
    duplicate: 0,
    superseded: 0,
    deleted: 0,
    expired: 0,
    vanished: 0,
    ephemeral: 0,
    invalid: 0,
    rejected: 0,
  };
}

interface OpenBlock {
  readonly position: ImportPosition;
  unsettled: number;
}

const source = { via: 'import' } as const;

/**
 * Submits every line and waits for the last. Bounded: it reads on only while the door takes more and few blocks are
 * under way. Bad lines are counted and told, never fatal.
 * @throws StoreError when the store failed; `onSettled` has then told how far it came
 */
export async function importBlocks(options: ImportOptions): Promise<void> {
  const run = new ImportRun(options);
  for await (const block of untilAborted(options.blocks, options.signal)) {
    await run.submitBlock(block);
    if (run.failure !== undefined) break;
  }
  await run.settled(0);
  if (run.failure !== undefined) throw run.failure;
}

/** A source may be silent for ever, as standard input is: an abort does not wait for its next block. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const blocks = source[Symbol.asyncIterator]();
  let end: (() => void) | undefined;
  const onAbort = () => end?.();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal.aborted) {
      // Not Promise.race: a promise that lives as long as the import would keep every block that was raced against it.
      const result = await new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
        end = () => resolve(undefined);
        blocks.next().then(resolve, reject);
      });
      if (result === undefined || result.done) return;
      yield result.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // What the source gives or how it fails after that is nobody's business any more.
    blocks.return?.().catch(() => undefined);
  }
}

class ImportRun {
  failure: unknown;
  readonly #options: ImportOptions;
  readonly #policyNames: ReadonlySet<string>;
  readonly #open: OpenBlock[] = [];
  #lines: number;
  #wake: (() => void) | undefined;

  constructor(options: ImportOptions) {
    this.#options = options;
    this.#policyNames = new Set(options.door.policies.map((policy) => policy.name));
    this.#lines = options.start.lines;
  }

  async submitBlock(block: LineBlock): Promise<void> {
    const first = this.#lines + 1;
    const { text } = block;
    this.#lines += block.isOverlong ? 1 : countLines(text);
    const open: OpenBlock = { position: { offset: block.endOffset, lines: this.#lines }, unsettled: 1 };
    this.#open.push(open);
    if (block.isOverlong) this.#refuse({ line: first, reason: 'the line is too long', text: '' });
    let at = 0;
    for (let line = first; at < text.length; line += 1) {
      let end = text.indexOf('\n', at);
      if (end < 0) end = text.length;
      this.#submitLine(open, line, text.slice(at, end));
      at = end + 1;
      if (this.#options.door.isFull) await this.#options.door.drained();
      if (this.failure !== undefined) return;
    }
    this.#settle(open);
    await this.settled(this.#options.blocksMax - 1);
  }

  /** Resolves when at most so many blocks are under way, or the store has failed. */
  async settled(count: number): Promise<void> {
    while (this.#open.length > count && this.failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #submitLine(open: OpenBlock, line: number, text: string): void {
    const value = parseLine(text);
    if (value === emptyLine) return;
    this.#options.counts.read += 1;
    if (value === badLine) {
      this.#options.counts.invalid += 1;
      this.#options.onRejected({ line, reason: 'the line is not JSON', text });
      return;
    }
    open.unsettled += 1;
    this.#options.door.submit(value, source).then(
      (result) => {
        this.#count(result, line, text);
        this.#settle(open);
      },
      (error: unknown) => {
        this.failure ??= error;
        this.#wake?.();
      },
    );
  }

  #count(result: SubmitResult, line: number, text: string): void {
    const outcome = this.#outcomeOf(result);
    this.#options.counts[outcome] += 1;
    if (outcome !== 'invalid' && outcome !== 'rejected') return;
    const reason = result.accepted ? result.message : result.rejection.message;
    this.#options.onRejected({ line, reason, text });
  }

  /** What the door itself finds wrong is invalid; only what a policy refuses is rejected. */
  #outcomeOf(result: SubmitResult): SubmitResult['outcome'] {
    if (result.outcome !== 'rejected' || result.accepted) return result.outcome;
    return this.#policyNames.has(result.rejection.by) ? 'rejected' : 'invalid';
  }

  #refuse(rejected: RejectedLine): void {
    this.#options.counts.read += 1;
    this.#options.counts.invalid += 1;
    this.#options.onRejected(rejected);
  }

  #settle(open: OpenBlock): void {
    open.unsettled -= 1;
    if (open.unsettled > 0) return;
    let last: OpenBlock | undefined;
    while (this.#open[0]?.unsettled === 0) last = this.#open.shift();
    if (!last) return;
    this.#options.onSettled(last.position);
    this.#wake?.();
  }
}

const emptyLine = Symbol('empty');
const badLine = Symbol('bad');

/** The event on a line: bare, or as a relay writes it, `["EVENT",{…}]` or `["EVENT","sub",{…}]`. */
function parseLine(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.trim() === '' ? emptyLine : badLine;
  }
  if (!Array.isArray(value)) return value;
  return value[0] === 'EVENT' ? value.at(-1) : value;
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return text.length > 0 && !text.endsWith('\n') ? count + 1 : count;
}
