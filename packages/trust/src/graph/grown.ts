/**
 * An array of that length that begins with the numbers of this one, which is given up. Its memory is free at once: the
 * collection of garbage looks at no memory outside of its own. What is not written to yet takes none.
 */
export function grown(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(length);
  larger.set(array);
  release(array);
  return larger;
}

/** Frees the memory of an array that nobody uses any more. */
export function release({ buffer }: { readonly buffer: ArrayBufferLike }): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
