import { type Trust, TrustError, type TrustState } from '@nostrata/trust';

/** The web of trust's part of `GET /health`. */
export interface TrustHealth {
  readonly state: TrustState;
  /** Milliseconds since 1970 up to which the log is in its scores; null where there are none. */
  readonly asOfMs: number | null;
  readonly users: number;
  readonly follows: number;
  /** One sentence for each thing that is wrong. */
  readonly problems: readonly string[];
}

/** Judges the web of trust now. Never rejects. */
export async function loadTrustHealth(
  trust: Pick<Trust, 'state' | 'network'>,
  { isStarting, nowMs }: { readonly isStarting: boolean; readonly nowMs: number },
): Promise<TrustHealth> {
  const { state } = trust;
  try {
    const { users, follows, asOf } = await trust.network();
    const minutes = Math.round((nowMs - asOf) / 60_000);
    const problems = state === 'behind' ? [`the web of trust is ${minutes} minutes behind the log`] : [];
    return { state, asOfMs: asOf, users, follows, problems };
  } catch (error) {
    const reason = error instanceof TrustError ? error.message : 'it failed';
    // Reading the store for the first time takes its time, and is nothing wrong.
    const problems = isStarting ? [] : [`there is no web of trust at the moment: ${reason}`];
    return { state, asOfMs: null, users: 0, follows: 0, problems };
  }
}
