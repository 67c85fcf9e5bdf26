/** Lets others have the thread: between two batches, and between pieces of long work. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
