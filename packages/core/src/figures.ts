/** How one read went: from the store while fresh, from the store while stale, after waiting for relays, or not at all. */
export type ReadResult = 'hit' | 'stale' | 'waited' | 'missing';

/** The figures of a core since it was opened. */
export interface Figures {
  readonly reads: number;
  /** Reads answered without waiting for a relay, of all that found something: 0 to 1. */
  readonly hitRate: number;
  readonly hits: number;
  /** Reads that were answered with something older than its freshness. */
  readonly staleServed: number;
  readonly waited: number;
  readonly missing: number;
  /** REQ frames sent, and what one REQ per read would have been. */
  readonly requestsSent: number;
  readonly requestsAlwaysNetwork: number;
  /** 1 − sent / always: 0.9 is nine of ten requests avoided. Never below 0. */
  readonly requestsAvoided: number;
  /** Milliseconds of reads that did not wait, and of those that did; 0 where there were none. */
  readonly cachedP50Ms: number;
  readonly cachedP99Ms: number;
  readonly waitedP50Ms: number;
  readonly waitedP99Ms: number;
  readonly refreshesOk: number;
  readonly refreshesFailed: number;
  /**
   * Events received from relays: stored or here before, those of them that were here before (another relay had sent
   * them), gone (replaced, deleted, expired), and with a wrong id or signature.
   */
  readonly eventsKept: number;
  readonly eventsKnown: number;
  readonly eventsGone: number;
  readonly eventsForged: number;
  /** Signature checks per second that the verifier reached at its probe, and milliseconds through the door (median). */
  readonly verifiesPerSecond: number;
  readonly doorP50Ms: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Publications that are not settled. */
  readonly outboxDepth: number;
  readonly publishesDelivered: number;
  readonly publishesFailed: number;
}

/** Collects what `Figures` shows. */
export interface FigureBook {
  read(result: ReadResult, milliseconds: number): void;
  refreshed(isOk: boolean): void;
  received(counts: { readonly kept: number; readonly gone: number; readonly forged: number }): void;
  /** An event of a relay has passed the door in that time. */
  passed(wasKnown: boolean, milliseconds: number): void;
  published(isDelivered: boolean): void;
  snapshot(now: Pick<Figures, 'requestsSent' | 'bytesIn' | 'bytesOut' | 'outboxDepth' | 'verifiesPerSecond'>): Figures;
}

/** Opens an empty book. */
export function createFigureBook(): FigureBook {
  const count = { hit: 0, stale: 0, waited: 0, missing: 0 };
  const totals = { ok: 0, failed: 0, kept: 0, known: 0, gone: 0, forged: 0, delivered: 0, undelivered: 0 };
  const cached = createHistogram();
  const waited = createHistogram();
  const door = createHistogram();
  return {
    read: (result, milliseconds) => {
      count[result] += 1;
      (result === 'hit' || result === 'stale' ? cached : waited).add(milliseconds);
    },
    refreshed: (isOk) => {
      totals[isOk ? 'ok' : 'failed'] += 1;
    },
    received: ({ kept, gone, forged }) => {
      totals.kept += kept;
      totals.gone += gone;
      totals.forged += forged;
    },
    passed: (wasKnown, milliseconds) => {
      if (wasKnown) totals.known += 1;
      door.add(milliseconds);
    },
    published: (isDelivered) => {
      totals[isDelivered ? 'delivered' : 'undelivered'] += 1;
    },
    snapshot: (now) => {
      const reads = count.hit + count.stale + count.waited + count.missing;
      const found = count.hit + count.stale + count.waited;
      return {
        ...now,
        reads,
        hitRate: found === 0 ? 0 : (count.hit + count.stale) / found,
        hits: count.hit,
        staleServed: count.stale,
        waited: count.waited,
        missing: count.missing,
        requestsAlwaysNetwork: reads,
        requestsAvoided: reads === 0 ? 0 : Math.max(0, 1 - now.requestsSent / reads),
        cachedP50Ms: cached.quantile(0.5),
        cachedP99Ms: cached.quantile(0.99),
        waitedP50Ms: waited.quantile(0.5),
        waitedP99Ms: waited.quantile(0.99),
        refreshesOk: totals.ok,
        refreshesFailed: totals.failed,
        eventsKept: totals.kept,
        eventsKnown: totals.known,
        eventsGone: totals.gone,
        doorP50Ms: door.quantile(0.5),
        eventsForged: totals.forged,
        publishesDelivered: totals.delivered,
        publishesFailed: totals.undelivered,
      };
    },
  };
}

/** The figures in the text format of Prometheus. */
export function renderFigures(figures: Figures): string {
  const lines: string[] = [];
  const add = (name: string, help: string, values: Record<string, number>): void => {
    const type = name.endsWith('_total') ? 'counter' : 'gauge';
    lines.push(`# HELP nostrata_core_${name} ${help}`, `# TYPE nostrata_core_${name} ${type}`);
    for (const [labels, value] of Object.entries(values)) lines.push(`nostrata_core_${name}${labels} ${value}`);
  };
  add('reads_total', 'Reads by result.', {
    '{result="hit"}': figures.hits,
    '{result="stale"}': figures.staleServed,
    '{result="waited"}': figures.waited,
    '{result="missing"}': figures.missing,
  });
  add('read_seconds', 'Seconds of reads by quantile, with and without waiting for a relay.', {
    '{source="store",quantile="0.5"}': figures.cachedP50Ms / 1_000,
    '{source="store",quantile="0.99"}': figures.cachedP99Ms / 1_000,
    '{source="relay",quantile="0.5"}': figures.waitedP50Ms / 1_000,
    '{source="relay",quantile="0.99"}': figures.waitedP99Ms / 1_000,
  });
  add('requests_total', 'REQ frames sent, and what one per read would have been.', {
    '{mode="sent"}': figures.requestsSent,
    '{mode="always-network"}': figures.requestsAlwaysNetwork,
  });
  add('refreshes_total', 'Refreshes by result.', {
    '{result="ok"}': figures.refreshesOk,
    '{result="failed"}': figures.refreshesFailed,
  });
  add('events_received_total', 'Events from relays by verdict of the door.', {
    '{verdict="kept"}': figures.eventsKept,
    '{verdict="known"}': figures.eventsKnown,
    '{verdict="gone"}': figures.eventsGone,
    '{verdict="forged"}': figures.eventsForged,
  });
  add('door_seconds', 'Median seconds of an event through the door: shape, signature, store.', {
    '{quantile="0.5"}': figures.doorP50Ms / 1_000,
  });
  add('verifies_per_second', 'Signature checks per second at the probe of the verifier.', {
    '': figures.verifiesPerSecond,
  });
  add('bytes_total', 'Bytes on the wire.', {
    '{direction="in"}': figures.bytesIn,
    '{direction="out"}': figures.bytesOut,
  });
  add('outbox_publications', 'Publications that are not settled.', { '': figures.outboxDepth });
  add('publications_total', 'Publications that are settled, by result.', {
    '{result="delivered"}': figures.publishesDelivered,
    '{result="failed"}': figures.publishesFailed,
  });
  return `${lines.join('\n')}\n`;
}

/** Buckets of a fifth of a doubling from a microsecond on: quantiles are right to 15 %, in 1.6 kB. */
const bucketsPerDoubling = 5;
const bucketCount = 200;
const smallestMs = 0.001;

function createHistogram() {
  const buckets = new Float64Array(bucketCount);
  let total = 0;
  return {
    add: (milliseconds: number): void => {
      const place = Math.round(Math.log2(Math.max(milliseconds, smallestMs) / smallestMs) * bucketsPerDoubling);
      const bucket = Math.min(place, bucketCount - 1);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      total += 1;
    },
    quantile: (share: number): number => {
      if (total === 0) return 0;
      let left = Math.ceil(total * share);
      for (const [bucket, count] of buckets.entries()) {
        left -= count;
        if (left <= 0) return smallestMs * 2 ** (bucket / bucketsPerDoubling);
      }
      return 0;
    },
  };
}
