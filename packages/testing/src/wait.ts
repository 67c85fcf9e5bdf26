/** Options of `waitUntil`. */
export interface WaitOptions {
  /** How long to wait in all; 5,000 ms unless told. */
  readonly timeoutMs?: number;
  /** What was waited for; part of the error. */
  readonly what?: string;
}

/**
 * Waits until the condition gives something true, asking every 5 ms, and returns it.
 * @throws Error after the deadline
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<NonNullable<T>> {
  const { timeoutMs = 5_000, what = 'a condition' } = options;
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
