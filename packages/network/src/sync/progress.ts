/** How far a sync with one relay has come. Numbers only grow. */
export interface SyncProgress {
  readonly relay: string;
  /** `done` and `failed` come once, last. */
  readonly phase: 'comparing' | 'fetching' | 'sending' | 'done' | 'failed';
  /** How both sides are compared: by negentropy (NIP-77), or by reading pages where the relay does not speak it. */
  readonly method: 'negentropy' | 'paging';
  /** Events that only the relay has, as far as that is known; and those of them that it has sent. */
  readonly needed: number;
  readonly fetched: number;
  /** Events that it named and did not send. */
  readonly missing: number;
  /** Events that only we have; those that the relay has taken; those that it refused. */
  readonly offered: number;
  readonly sent: number;
  readonly refused: number;
  /** Seconds of which more events match than the relay would send. */
  readonly gaps: number;
  /** Everything up to this second is settled: where a later sync may go on (`resume`). */
  readonly doneSeconds: number | undefined;
  /** Why it failed, or the last refusal. */
  readonly reason?: string | undefined;
}

/** A progress in the making. */
export type OpenProgress = { -readonly [K in keyof SyncProgress]: SyncProgress[K] };

/** A progress with nothing in it. */
export function beginProgress(relay: string): OpenProgress {
  const counts = { needed: 0, fetched: 0, missing: 0, offered: 0, sent: 0, refused: 0, gaps: 0 };
  return { relay, phase: 'comparing', method: 'negentropy', ...counts, doneSeconds: undefined };
}
