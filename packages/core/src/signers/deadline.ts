import type { Clock } from '@nostrata/network';
import { SignerError } from '../errors.ts';

/** How long to wait, and for what. */
export interface DeadlineOptions {
  readonly clock: Clock;
  readonly deadlineMs: number;
  /** For the sentence of the error: `signing`. */
  readonly what: string;
}

/** Gives up on work that takes too long; what it comes to later is dropped. */
export function withDeadline<T>(work: Promise<T>, { clock, deadlineMs, what }: DeadlineOptions): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.after(deadlineMs, () => {
      reject(new SignerError('timeout', `${what} was not answered within ${deadlineMs} ms`));
    });
    work.finally(cancel).then(resolve, reject);
  });
}
