import { CacheError } from './errors.ts';
import { countStepMax, keyCharactersMax, keysPerCallMax, ttlMsMax, valueBytesMax } from './limits.ts';

/**
 * Refuses a key, a lease's name or a channel's name that not every engine could tell apart from others.
 * @throws CacheError `argument`
 */
export function checkName(name: string, what: 'key' | 'lease' | 'channel'): void {
  if (name.length === 0) throw new CacheError('argument', `a ${what} has at least one character`);
  if (name.length > keyCharactersMax) {
    throw new CacheError('argument', `a ${what} has at most ${keyCharactersMax} characters, this one ${name.length}`);
  }
  if (!name.isWellFormed()) throw new CacheError('argument', `a ${what} is well-formed text`);
}

/**
 * Refuses too many keys in one call, or one that `checkName` refuses.
 * @throws CacheError `argument`
 */
export function checkKeys(keys: readonly string[]): void {
  if (keys.length > keysPerCallMax) {
    throw new CacheError('argument', `one call names at most ${keysPerCallMax} keys, this one ${keys.length}`);
  }
  for (const key of keys) checkName(key, 'key');
}

/**
 * Refuses a value or message that is too long, or that UTF-8 cannot hold.
 * @throws CacheError `argument`
 */
export function checkText(text: string, what: 'value' | 'message'): void {
  // A character takes three bytes at most, so short texts need no counting.
  if (text.length * 3 > valueBytesMax) {
    const bytes = Buffer.byteLength(text);
    if (bytes > valueBytesMax) {
      throw new CacheError('argument', `a ${what} has at most ${valueBytesMax} bytes, this one ${bytes}`);
    }
  }
  if (!text.isWellFormed()) throw new CacheError('argument', `a ${what} is well-formed text`);
}

/**
 * Refuses a span that is no whole number of milliseconds, or endless.
 * @throws CacheError `argument`
 */
export function checkSpan(milliseconds: number): void {
  if (Number.isInteger(milliseconds) && milliseconds >= 1 && milliseconds <= ttlMsMax) return;
  throw new CacheError('argument', `a time is a whole number of milliseconds up to ${ttlMsMax}, not ${milliseconds}`);
}

/**
 * Refuses a step that no counter may take.
 * @throws CacheError `argument`
 */
export function checkStep(by: number): void {
  if (Number.isInteger(by) && by >= 0 && by <= countStepMax) return;
  throw new CacheError('argument', `a count goes up by a whole number up to ${countStepMax}, not by ${by}`);
}
