import { nextTurn } from '#platform';
import type { Entry } from './entry.ts';
import { pageCharactersMax, sliceMs, sliceStepsMax } from './limits.ts';
import type { Reader } from './reader.ts';
import { countCharacters, type Scan } from './scan.ts';

/** What pages are read with. */
export interface PagesOptions {
  readonly reader: Reader;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  /** After so many events a page ends. */
  readonly eventsMax: number;
}

/**
 * The events of a scan in pages, each the work of at most one time slice; between two slices others have their turn.
 * The first page is worked out at once when it is asked for. Written as an iterator and not as a generator: a chain
 * of generators cost as much as the look-up of an event by its id.
 */
export class ScanPages implements AsyncIterableIterator<Entry[]> {
  readonly #scan: Scan;
  readonly #options: PagesOptions;
  #isDone = false;
  #hasBegun = false;

  constructor(scan: Scan, options: PagesOptions) {
    this.#scan = scan;
    this.#options = options;
  }

  next(): Promise<IteratorResult<Entry[]>> {
    if (this.#isDone) return Promise.resolve({ done: true, value: undefined });
    if (this.#hasBegun) return nextTurn().then(() => this.#work());
    this.#hasBegun = true;
    try {
      return this.#work();
    } catch (error) {
      this.#isDone = true;
      return Promise.reject(error);
    }
  }

  return(): Promise<IteratorResult<Entry[]>> {
    this.#isDone = true;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #work(): Promise<IteratorResult<Entry[]>> {
    this.#options.signal?.throwIfAborted();
    const page = this.#runSlice();
    return page.length > 0 ? Promise.resolve({ done: false, value: page }) : this.next();
  }

  /** Until there is enough, it took long enough, or so many steps were made. */
  #runSlice(): Entry[] {
    const { reader } = this.#options;
    return this.#scan.needsSnapshot ? reader.snapshot(() => this.#collect()) : reader.attempt(() => this.#collect());
  }

  #collect(): Entry[] {
    const scan = this.#scan;
    const { now, eventsMax } = this.#options;
    const page = [...scan.step()];
    if (!scan.isDone()) {
      const until = now() + sliceMs;
      let characters = countCharacters(page);
      for (let steps = 1; steps < sliceStepsMax && !scan.isDone(); steps += 1) {
        if (page.length >= eventsMax || characters >= pageCharactersMax || now() >= until) break;
        const more = scan.step();
        characters += countCharacters(more);
        page.push(...more);
      }
    }
    this.#isDone = scan.isDone();
    return page;
  }
}
