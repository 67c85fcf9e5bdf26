import type { Clock } from './contract.ts';

/** The work did not end in time. */
export class LateError extends Error {
  override readonly name = 'LateError';
}

/**
 * Gives up waiting after that many milliseconds; the work itself goes on.
 * @throws LateError, and what the work throws
 */
export async function within<Result>(clock: Clock, milliseconds: number, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(milliseconds, () => late.reject(new LateError(`no answer within ${milliseconds} ms`)));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
