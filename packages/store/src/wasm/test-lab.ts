import { type Filter, idOfSerialized, type VerifiedEvent } from '@nostrata/protocol';
import { createAuthor } from '../conformance/fixtures.ts';
import { toSeq } from '../seq.ts';
import { type BrowserStorage, deleteBrowserStorage, openBrowserStorage } from './open.ts';

const author = createAuthor('a page');

/** The note of that number, the same in every page. */
function note(number: number): VerifiedEvent {
  return author.note(1_600_000_000 + number, { content: `note ${number} ${'x'.repeat(300)}` });
}

interface WorkerConstructor {
  new (url: string, options: { readonly type: 'module' }): unknown;
}

/** How a page of a test opens its storage. */
export interface LabOptions {
  readonly name: string;
  /** Path of the worker's script; the usual one unless told. */
  readonly worker?: string;
  readonly askForPersistence?: boolean;
  readonly fileBytesMax?: number;
  readonly wasmUrl?: string;
}

/** What a test may ask of a page; every answer can be sent to it. */
export class Lab {
  #storage: BrowserStorage | undefined;
  readonly #told: number[] = [];
  #acknowledged = 0;

  get storage(): BrowserStorage {
    if (!this.#storage) throw new Error('nothing is open');
    return this.#storage;
  }

  async open({ name, worker = '/worker.js', ...rest }: LabOptions) {
    const { Worker } = globalThis as unknown as { readonly Worker: WorkerConstructor };
    const make = () => new Worker(worker, { type: 'module' });
    this.#storage = await openBrowserStorage({ ...rest, name, now: Date.now, worker: make });
    const { persistent, reason, isProtected } = this.#storage;
    return { persistent, reason, isProtected };
  }

  delete(name: string): Promise<void> {
    return deleteBrowserStorage(name);
  }

  close(): Promise<void> {
    return this.storage.close();
  }

  /** Puts the notes from one number up to another, one batch; the outcomes. */
  async put(from: number, to: number): Promise<string[]> {
    const events = Array.from({ length: to - from }, (_, i) => note(from + i));
    const results = await this.storage.store.put(events.map((event) => ({ event })));
    return results.map(({ outcome }) => outcome);
  }

  /** Puts notes from that number on, several batches at a time, until the page ends; tells of each acknowledged batch. */
  async putOn(from: number, acknowledged: (from: number, to: number) => void): Promise<void> {
    const size = 7;
    let next = from;
    const run = async (): Promise<void> => {
      for (;;) {
        const [first, end] = [next, next + size];
        next = end;
        await this.put(first, end);
        acknowledged(first, end);
        this.#acknowledged += size;
      }
    };
    await Promise.all([run(), run(), run()]);
  }

  /** How many events `putOn` has had acknowledged. */
  acknowledged(): number {
    return this.#acknowledged;
  }

  /** The numbers that are missing of those. */
  async missing(ranges: readonly (readonly [from: number, to: number])[]): Promise<number[]> {
    const numbers = ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));
    const ids = new Map(numbers.map((number) => [note(number).id, number]));
    const all = [...ids.keys()];
    for (let at = 0; at < all.length; at += 1_000) {
      for await (const page of this.storage.store.query([{ ids: all.slice(at, at + 1_000) }])) {
        for (const { json } of page) ids.delete(idOfSerialized(json));
      }
    }
    return [...ids.values()];
  }

  count(filters: readonly Filter[]) {
    return this.storage.store.count(filters);
  }

  check() {
    return this.storage.store.check();
  }

  /** Follows the log from now on; `told` says which positions came. */
  follow(): void {
    this.storage.store.follow((changes) => this.#told.push(...changes.map(({ seq }) => seq)));
  }

  told(): number[] {
    return this.#told;
  }

  lastSeq(): number {
    return this.storage.store.lastSeq();
  }

  async positions(): Promise<number[]> {
    return (await this.storage.store.changes(toSeq(0), 1_000_000)).map(({ seq }) => seq);
  }

  query(sql: string, parameters: readonly (string | number | null)[] = []) {
    return this.storage.database.query(sql, parameters);
  }

  /** Begins a transaction that writes and does not end until the page does. */
  async beginForever(sql: string): Promise<void> {
    const begun = Promise.withResolvers<void>();
    const forever = this.storage.database.transaction(async (transaction) => {
      await transaction.query(sql);
      begun.resolve();
      await new Promise(() => undefined);
    });
    await Promise.race([begun.promise, forever]);
  }

  /** Puts notes until a put fails; how many were stored before, and what the failure says. */
  async fill(from: number, batch: number): Promise<{ stored: number; name: string; message: string }> {
    for (let number = from; ; number += batch) {
      try {
        await this.put(number, number + batch);
      } catch (error) {
        const { name, message } = error as Error;
        return { stored: number - from, name, message };
      }
    }
  }

  /** Overwrites everything behind the names of the pool's files. */
  async damage(name: string): Promise<number> {
    const { navigator } = globalThis as unknown as { navigator: { storage: { getDirectory(): Promise<Folder> } } };
    let folder = await navigator.storage.getDirectory();
    for (const part of ['nostrata', encodeURIComponent(name), '.opaque'])
      folder = await folder.getDirectoryHandle(part);
    let damaged = 0;
    for await (const file of folder.values()) {
      const { size } = await file.getFile();
      if (size <= 4_096) continue;
      const writable = await file.createWritable({ keepExistingData: true });
      await writable.write({ type: 'write', position: 4_096, data: 'this is no database '.repeat(1_000) });
      await writable.close();
      damaged += 1;
    }
    return damaged;
  }
}

/** A folder of the origin's private file system. */
interface Folder {
  getDirectoryHandle(name: string): Promise<Folder>;
  values(): AsyncIterable<PrivateFile>;
}

interface PrivateFile {
  getFile(): Promise<{ readonly size: number }>;
  createWritable(options: { readonly keepExistingData: boolean }): Promise<{
    write(part: { readonly type: 'write'; readonly position: number; readonly data: string }): Promise<void>;
    close(): Promise<void>;
  }>;
}

Object.assign(globalThis, { lab: new Lab() });
