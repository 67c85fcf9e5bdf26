import { AsyncLocalStorage } from 'node:async_hooks';
import { hash } from 'node:crypto';

/** SHA-256 of a text in UTF-8, in lower-case hex. */
export function sha256Hex(text: string): string {
  return hash('sha256', text);
}

/** Knows whether what runs now was begun within a certain work. */
export interface Scope {
  run<T>(work: () => Promise<T>): Promise<T>;
  isInside(): boolean;
}

/** Creates a scope that follows promises and timers. */
export function createScope(): Scope {
  const storage = new AsyncLocalStorage<true>();
  return { run: (work) => storage.run(true, work), isInside: () => storage.getStore() === true };
}
