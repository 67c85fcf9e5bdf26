import { test } from 'node:test';
import type { Cache } from '../contract.ts';

/** How the suite gets caches of one engine. What it opens it stops. */
export interface ConformanceOptions {
  /** The engine's name, for the titles of the tests. */
  readonly name: string;
  /** Opens a new and empty cache. */
  open(): Promise<Subject>;
  /** Why nothing can run, for an engine whose server is missing. */
  readonly skip?: string | false | undefined;
}

/** What a rule is tried on. */
export interface Subject {
  readonly cache: Cache;
  /** Another member of the same installation: the same cache where the engine has one process. */
  readonly other: Cache;
  /** Lets time pass until the condition holds. */
  until(condition: () => boolean | Promise<boolean>): Promise<unknown>;
}

/** A rule by its number in the README, and one law that follows from it. */
export interface Law {
  readonly rule: number;
  readonly name: string;
  run(subject: Subject): Promise<void>;
}

/** A law of a rule. */
export function law(rule: number, name: string, run: Law['run']): Law {
  return { rule, name, run };
}

/** Registers laws as tests of one engine. */
export function registerLaws(laws: readonly Law[], options: ConformanceOptions): void {
  for (const { rule, name, run } of laws) {
    test(`${options.name} CACHE-${rule}: ${name}`, { skip: options.skip ?? false }, async () => {
      const subject = await options.open();
      try {
        await run(subject);
      } finally {
        await subject.cache.stop();
        await subject.other.stop();
      }
    });
  }
}
