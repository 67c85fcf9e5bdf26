/** Input from outside does not have the shape that a NIP or our own contract asks for. */
export class InvalidError extends Error {
  override readonly name = 'InvalidError';
}

/** Stops at a broken invariant: a bug of ours, never a fault of the input. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${sentence}`);
}
