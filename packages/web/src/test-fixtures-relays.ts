import type {
  LatencyPoint,
  Quantiles,
  RelayDetails,
  RelayEventsPoint,
  RelayRow,
  RelaySummary,
  UptimePoint,
} from '@nostrata/observatory';
import { type SeededRandom, seededRandom } from '@nostrata/testing';

const places = [
  ['US', 37.8, -97],
  ['US', 40.7, -74],
  ['US', 37.3, -121.9],
  ['DE', 50.1, 8.7],
  ['FI', 60.2, 24.9],
  ['FR', 48.9, 2.4],
  ['CA', 45.5, -73.6],
  ['JP', 35.7, 139.7],
  ['NL', 52.4, 4.9],
  ['SG', 1.35, 103.8],
  ['BR', -23.5, -46.6],
  ['AU', -33.9, 151.2],
] as const;
const software = ['strfry', 'strfry', 'strfry', 'nostr-rs-relay', 'khatru', 'nostream', 'haven'] as const;
const words = [
  'nos',
  'wine',
  'damus',
  'primal',
  'purple',
  'bitcoin',
  'snort',
  'plebs',
  'orange',
  'lime',
  'mutiny',
  'stacker',
] as const;

/** Relays of the list, the busiest first. */
export function relayRows(count: number): readonly RelayRow[] {
  const random = seededRandom('relays');
  return Array.from({ length: count }, (_, index) => relayRow(index, random));
}

function relayRow(index: number, random: SeededRandom): RelayRow {
  const [country, latitude, longitude] = random.pick(places);
  const chance = random.next();
  const state = chance > 0.2 ? 'online' : chance > 0.12 ? 'outage' : chance > 0.05 ? 'unknown' : 'dead';
  const events = state === 'dead' ? 0 : Math.round(2_400_000 * 0.985 ** index * (0.7 + random.next() * 0.6));
  const open = Math.round(90 + random.next() * 600);
  const isKnown = random.next() > 0.15;
  return {
    url: `wss://${random.pick(words)}-${index + 1}.example/`,
    name: isKnown ? `${random.pick(words)} relay ${index + 1}` : null,
    state,
    connected: state === 'online' && random.next() > 0.2,
    software: isKnown ? random.pick(software) : null,
    version: isKnown ? `1.${random.integer(9)}.${random.integer(20)}` : null,
    nips: isKnown ? [1, 2, 9, 11, 40, 42, 45, 50, 70, 77].filter((nip) => nip < 12 || random.next() > 0.45) : [],
    country: isKnown ? country : null,
    latitude: isKnown ? latitude + (random.next() - 0.5) * 5 : null,
    longitude: isKnown ? longitude + (random.next() - 0.5) * 7 : null,
    authRequired: random.next() > 0.92,
    paymentRequired: random.next() > 0.88,
    openMs: quantiles(state, open),
    readMs: quantiles(state, Math.round(open * 0.45)),
    uptime:
      state === 'unknown' ? null : state === 'dead' ? 0 : 1 - random.next() ** 3 * (state === 'outage' ? 0.4 : 0.06),
    uptimeStrip: stripOf(state, random),
    events,
    novel: Math.round(events * random.next() * 0.12),
    repeats: Math.round(events * random.next() * 0.4),
    invalid: random.next() > 0.9 ? random.integer(400) : 0,
    bytes: events * 640,
    lastEventMs: events === 0 ? null : Date.parse('2026-11-21T09:20:00Z') - random.integer(600_000),
  };
}

function stripOf(state: RelayRow['state'], random: SeededRandom): readonly (number | null)[] {
  return Array.from({ length: 30 }, () => {
    if (state === 'unknown') return null;
    if (state === 'dead') return 0;
    return random.next() > (state === 'outage' ? 0.7 : 0.95) ? Math.round(random.next() * 100) / 100 : 1;
  });
}

function quantiles(state: RelayRow['state'], p50: number): Quantiles {
  if (state !== 'online' && state !== 'outage') return { p50: null, p95: null, samples: 0 };
  return { p50, p95: Math.round(p50 * 3.4), samples: 720 };
}

/** All relays together. */
export function summaryOf(rows: readonly RelayRow[]): RelaySummary {
  const count = (state: RelayRow['state']): number => rows.filter((row) => row.state === state).length;
  const top = rows.slice(0, 8).map(({ url }) => url);
  const random = seededRandom('overlap');
  return {
    known: 1_341,
    online: count('online'),
    connected: rows.filter(({ connected }) => connected).length,
    outage: count('outage'),
    dead: count('dead'),
    openMs: { p50: 312, p95: 1_840, samples: 96_400 },
    readMs: { p50: 148, p95: 960, samples: 95_120 },
    eoseMs: { p50: 204, p95: 1_310, samples: 95_120 },
    uptime: 0.9713,
    replication: 6.4,
    overlap: top.flatMap((a, index) => top.slice(index + 1).map((b) => ({ a, b, share: 0.15 + random.next() * 0.75 }))),
  };
}

/** One relay, whole. */
export function relayDetails(row: RelayRow): RelayDetails {
  const information = {
    name: row.name,
    description: 'A relay for everybody. <script>alert(1)</script> & friends.',
    software: row.software,
    version: row.version,
    supported_nips: row.nips,
    limitation: { max_message_length: 131_072, max_subscriptions: 20, auth_required: row.authRequired },
  };
  return {
    ...row,
    description: information.description,
    pubkey: 'f7'.repeat(32),
    contact: 'mailto:operator@relay.example',
    source: 'nip65',
    firstSeen: '2026-03-02T11:00:00Z',
    lastProbe: '2026-11-21T09:16:00Z',
    lastFailure: '2026-11-18T22:41:00Z',
    information,
    informationHistory: [
      { at: '2026-10-02T08:00:00Z', information },
      {
        at: '2026-06-11T19:30:00Z',
        information: { ...information, version: '0.9.6', supported_nips: row.nips.slice(0, 4) },
      },
      { at: '2026-03-02T11:00:00Z', information: { name: row.name, version: '0.9.1' } },
    ],
  };
}

/** Probes of one relay by bucket. */
export function latencyOf(buckets: readonly string[]): readonly LatencyPoint[] {
  const random = seededRandom('latency');
  return buckets.map((at, index) => {
    const base = 1 + random.next() * 0.3 + (index % 11 === 7 ? 0.9 : 0);
    const q = (ms: number): Quantiles =>
      index === 4
        ? { p50: null, p95: null, samples: 0 }
        : { p50: Math.round(ms * base), p95: Math.round(ms * base * 2.6), samples: 12 };
    return {
      at,
      dnsMs: q(12),
      tcpMs: q(31),
      tlsMs: q(64),
      openMs: q(142),
      informationMs: q(151),
      readMs: q(74),
      eoseMs: q(96),
      writeMs: { p50: null, p95: null, samples: 0 },
    };
  });
}

/** Availability of one relay by bucket. */
export function uptimeOf(buckets: readonly string[]): readonly UptimePoint[] {
  return buckets.map((at, index) => {
    const failures = index === 4 ? 12 : index === 5 ? 3 : index % 9 === 0 ? 1 : 0;
    return { at, probes: index === 2 ? 0 : 12, failures: index === 2 ? 0 : failures, outage: index === 4 };
  });
}

/** What one relay delivered by bucket. */
export function relayEventsOf(buckets: readonly string[]): readonly RelayEventsPoint[] {
  const random = seededRandom('relay events');
  return buckets.map((at) => {
    const events = 40_000 + random.integer(20_000);
    return {
      at,
      events,
      novel: Math.round(events * 0.07),
      repeats: Math.round(events * 0.21),
      invalid: random.integer(4),
    };
  });
}
