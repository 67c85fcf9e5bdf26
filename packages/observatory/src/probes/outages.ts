/** When a relay was probed, and whether it answered. */
export interface Beat {
  readonly atMs: number;
  readonly ok: boolean;
}

/** What is known of how a relay answers. */
export interface Standing {
  /** The last three outcomes that counted, the newest last. */
  readonly recent: readonly Beat[];
  /** Failures in a row. */
  readonly failures: number;
  readonly lastProbeMs: number;
  readonly lastOkMs: number | null;
  readonly lastFailure: string | null;
  /** Since when it does not answer; null where it does. */
  readonly outageFromMs: number | null;
}

/** An outage that began (`toMs` is null) or ended with an outcome. */
export interface OutageChange {
  readonly fromMs: number;
  readonly toMs: number | null;
}

/** Outcomes that an outage is judged by, and failures among them that make one. */
const window = 3;
const failuresOfOutage = 2;

/**
 * How a relay stands after one more outcome that counted. Two failures among three make an outage, which began with the
 * first of them; it ends with the success that was followed by no second failure among three.
 */
export function stand(
  before: Standing | undefined,
  outcome: Beat & { readonly failure: string | null },
): { readonly standing: Standing; readonly change: OutageChange | undefined } {
  const { atMs, ok, failure } = outcome;
  const recent = [...(before?.recent ?? []), { atMs, ok }].slice(-window);
  const failed = recent.filter((beat) => !beat.ok);
  const wasOutMs = before?.outageFromMs ?? null;
  const isOut = failed.length >= failuresOfOutage;
  const outageFromMs = isOut ? (wasOutMs ?? failed[0]?.atMs ?? atMs) : null;
  const standing: Standing = {
    recent,
    failures: ok ? 0 : (before?.failures ?? 0) + 1,
    lastProbeMs: atMs,
    lastOkMs: ok ? atMs : (before?.lastOkMs ?? null),
    lastFailure: ok ? (before?.lastFailure ?? null) : failure,
    outageFromMs,
  };
  if (outageFromMs !== null && wasOutMs === null) return { standing, change: { fromMs: outageFromMs, toMs: null } };
  if (outageFromMs === null && wasOutMs !== null)
    return { standing, change: { fromMs: wasOutMs, toMs: endOf(recent) } };
  return { standing, change: undefined };
}

/** The first success after the last failure. */
function endOf(recent: readonly Beat[]): number {
  const lastFailed = recent.findLastIndex(({ ok }) => !ok);
  return recent[lastFailed + 1]?.atMs ?? 0;
}
