/** Options of `waitUntil`. */
export interface WaitOptions {
  /** How long to wait in all; 5,000 ms unless told. */
  readonly timeoutMs?: number;
  /** What was waited for; part of the error. */
  readonly what?: string;
}

/** The first pause between two questions, and the longest one that waiting long or asking dearly leads to. */
const pauses = { first: 5, patient: 50, dear: 250 } as const;

/**
 * Waits until the condition gives something true, and returns it. Asks every 5 ms at first, then every twentieth of the
 * time that it has waited; what takes long to ask is not asked for more than a third of the time: who polls takes the
 * processor from what is waited for.
 * @throws Error after the deadline
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<NonNullable<T>> {
  const { timeoutMs = 5_000, what = 'a condition' } = options;
  const start = performance.now();
  for (;;) {
    const asked = performance.now();
    const value = await condition();
    if (value) return value;
    const now = performance.now();
    if (now - start > timeoutMs) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    const patient = Math.min(Math.max((now - start) / 20, pauses.first), pauses.patient);
    const pause = Math.max(patient, Math.min(2 * (now - asked), pauses.dear));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
