import type {
  Answer,
  Clients,
  Coverage,
  HourCell,
  KindCount,
  Method,
  Overview,
  Range,
  Share,
  Snapshot,
  TimelinePoint,
  Trend,
  UserTiers,
  Zaps,
} from '@nostrata/observatory';
import { type SeededRandom, seededRandom } from '@nostrata/testing';
import { relayRows, summaryOf } from './test-fixtures-relays.ts';

/** The moment that all fixtures are of. */
export const fixtureNow: number = Date.parse('2026-11-21T09:20:00Z');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A whole range as the API tells it: plausible, and the same in every run. */
export function snapshotOf(range: Range): Snapshot {
  const random = seededRandom(`snapshot ${range}`);
  const timeline = timelineOf(range, random);
  const events = timeline.reduce((sum, point) => sum + point.events, 0);
  const rows = relayRows(300);
  return {
    range,
    from: timeline[0]?.at ?? null,
    to: timeline.at(-1)?.at ?? '',
    asOf: new Date(fixtureNow - 140_000).toISOString(),
    computedInMs: 84,
    partial: false,
    overview: overviewOf(timeline, rows.length),
    relays: summaryOf(rows),
    kinds: kindsOf(events),
    days: timeline.map(({ at, events: count }) => ({ day: at.slice(0, 10), events: count })),
    clients: clientsOf(events),
    topRelays: [...rows].sort((a, b) => b.events - a.events).slice(0, 10),
    timeline,
    users: {
      active: tiers(events / 31),
      newUsers: trend(events / 310, 0.11),
      total: { all: 2_671_300, withProfile: 611_200, withFollows: 402_800, withBoth: 318_440, trusted: 48_210 },
    },
    hours: hoursOf(events),
    zaps: zapsOf(timeline),
    engagement: {
      replies: events * 0.09,
      reactions: events * 0.27,
      reposts: events * 0.05,
      zaps: events * 0.012,
      perNote: 2.31,
    },
    software: softwareOf(),
    nips: nipsOf(),
    countries: countriesOf(),
    coverage,
    method: methods,
  };
}

/** What the fixtures' collector missed. */
export const coverage: Coverage = {
  relaysKnown: 1_341,
  relaysConnected: 248,
  gapSeconds: 45_320,
  covered: 0.9812,
  unseenEvents: 18_400,
  synthetic: false,
  sinceMs: Date.parse('2023-02-01T00:00:00Z'),
};

const exact = (text: string): Method => ({ precision: 'exact', text });
const estimate = (text: string): Method => ({ precision: 'approximate', text });

/** How the fixtures say that they are counted. */
const methods: Readonly<Record<string, Method>> = {
  overview: exact('Sums of the hourly roll-ups of the range; an event counts once, by its id, whatever relay sent it.'),
  'timeline.events': exact(
    'Events by created_at in UTC, present or replaced or expired; what was deleted is taken out again.',
  ),
  'timeline.users': exact(
    'Different keys by bucket. Kinds 445, 1059 and 20000–29999 make nobody a user: their keys are made for one use.',
  ),
  'timeline.zapMsat': exact('Validated receipts only, the amount from the invoice, one for each payment hash.'),
  users: exact('Different keys by day; ranges are unions of days, so nobody counts twice.'),
  'users.retention': exact(
    'A cohort is the period of a key’s first event; a cell is the share of it that published in a later period.',
  ),
  kinds: exact('Events by kind, published and not deleted.'),
  clients: estimate(
    'From the client tag (NIP-89), which is optional and can be forged. Users by client are counted by sketches of 16 KiB.',
  ),
  'topRelays.events': exact('Different events that the relay delivered, however often it sent them.'),
  relays: exact('Percentiles of log histograms of all probes of the range; measured from where this observatory runs.'),
  hours: exact('Events by hour of day and day of week of created_at, in UTC.'),
  zaps: exact(
    'Receipts are validated by NIP-57 appendix F. More than 1,000,000 sats in one zap is suspect and in no sum.',
  ),
  software: exact(
    'From the information documents (NIP-11) of relays that answered; names are brought to one spelling.',
  ),
  countries: estimate('From what relays publish about themselves and from the address ranges of their hosts.'),
};

/** Wraps what the API answers with. */
export function answerOf<Data>(data: Data, more: Partial<Answer<unknown>> = {}): Answer<Data> {
  return {
    asOf: new Date(fixtureNow - 140_000).toISOString(),
    method: methods,
    coverage,
    partial: false,
    stale: false,
    ...more,
    data,
  };
}

const pointsByRange: Readonly<Record<Range, number>> = { '24h': 24, '7d': 7, '30d': 30, '90d': 90, all: 46 };

/** The buckets of a range, the last one open. */
export function bucketsOf(range: Range): readonly string[] {
  const count = pointsByRange[range];
  return Array.from({ length: count }, (_, index) => {
    const back = count - 1 - index;
    if (range === '24h') return new Date(Math.floor(fixtureNow / hourMs - back) * hourMs).toISOString();
    if (range !== 'all') return new Date(Math.floor(fixtureNow / dayMs - back) * dayMs).toISOString().slice(0, 10);
    const now = new Date(fixtureNow);
    return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 10);
  });
}

function timelineOf(range: Range, random: SeededRandom): readonly TimelinePoint[] {
  const scale = range === '24h' ? 19_000 : range === 'all' ? 11_000_000 : 430_000;
  return bucketsOf(range).map((at, index, all) => {
    const open = index === all.length - 1;
    const ms = Date.parse(at);
    const wave =
      range === '24h'
        ? 1 + 0.35 * Math.sin(((ms / hourMs - 9) / 24) * 2 * Math.PI)
        : 1 + (new Date(ms).getUTCDay() % 6 === 0 ? 0.09 : -0.03);
    const growth = range === 'all' ? 0.35 + (0.65 * index) / all.length : 1 + (0.12 * index) / all.length;
    const events = Math.round(scale * wave * growth * (0.94 + random.next() * 0.12) * (open ? 0.4 : 1));
    const users = Math.round(events / (range === 'all' ? 24 : range === '24h' ? 5.2 : 9.4));
    return {
      at,
      events,
      notes: Math.round(events * (0.33 + random.next() * 0.02)),
      reactions: Math.round(events * (0.26 + random.next() * 0.02)),
      reposts: Math.round(events * 0.05),
      zaps: Math.round(events * 0.012),
      zapMsat: Math.round(events * 0.012 * (310_000 + random.next() * 160_000)),
      users,
      newUsers: Math.round(users * (0.08 + random.next() * 0.03)),
      open,
    };
  });
}

function trend(now: number, change: number): Trend {
  return { now: Math.round(now), before: Math.round(now / (1 + change)) };
}

function tiers(all: number): UserTiers {
  const whole = Math.round(all);
  return {
    all: whole,
    withProfile: Math.round(whole * 0.231),
    withFollows: Math.round(whole * 0.142),
    withBoth: Math.round(whole * 0.118),
    trusted: Math.round(whole * 0.061),
  };
}

function overviewOf(timeline: readonly TimelinePoint[], known: number): Overview {
  const sum = (read: (point: TimelinePoint) => number): number =>
    timeline.reduce((total, point) => total + read(point), 0);
  const events = sum((point) => point.events);
  return {
    relays: { known: known + 1_041, online: 812, connected: 248 },
    events: trend(events, 0.042),
    users: tiers(events / 31),
    usersBefore: tiers(events / 32.4),
    newUsers: trend(events / 310, 0.113),
    notes: trend(
      sum((point) => point.notes),
      0.018,
    ),
    reactions: trend(
      sum((point) => point.reactions),
      0.061,
    ),
    zaps: trend(
      sum((point) => point.zaps),
      -0.034,
    ),
    zapMsat: trend(
      sum((point) => point.zapMsat),
      -0.127,
    ),
    openMs: { p50: 312, p95: 1_840, samples: 96_400 },
    readMs: { p50: 148, p95: 960, samples: 95_120 },
    eventsTotal: 512_884_213,
    usersTotal: 2_671_300,
  };
}

const kindNames: readonly (readonly [kind: number, name: string, share: number])[] = [
  [1, 'Short text note', 0.336],
  [7, 'Reaction', 0.271],
  [1059, 'Gift wrap', 0.094],
  [6, 'Repost', 0.051],
  [3, 'Follows', 0.048],
  [0, 'Profile', 0.041],
  [30078, 'Application data', 0.032],
  [10002, 'Relay list', 0.026],
  [9735, 'Zap receipt', 0.012],
  [30023, 'Long-form article', 0.011],
  [1111, 'Comment', 0.01],
  [5, 'Deletion request', 0.009],
  [30166, 'Relay discovery', 0.008],
  [1311, 'Live chat message', 0.007],
  [20, 'Picture', 0.006],
  [31990, 'Handler information', 0.002],
  [9802, 'Highlight', 0.002],
  [54321, 'Kind 54321', 0.0004],
];

/** Events by kind. */
export function kindsOf(events: number): readonly KindCount[] {
  return kindNames.map(([kind, name, share]) => ({
    kind,
    name,
    events: Math.round(events * share),
    share,
    bytes: kind === 54321 ? null : Math.round(events * share * (420 + (kind % 700))),
  }));
}

const clientNames = [
  'Damus',
  'Primal',
  'Amethyst',
  'Coracle',
  'noStrudel',
  'Snort',
  'YakiHonne',
  'Jumble',
  'Nostur',
  'Gossip',
  '0xchat',
  'Flotilla',
  'Habla',
  '<b>Bold</b> & ‮evil',
] as const;

function clientsOf(events: number): Clients {
  const tagged = Math.round(events * 0.183);
  const clients = clientNames.map((name, index) => {
    const count = Math.round(tagged * 0.31 * 0.74 ** index);
    const address = index % 3 === 0 ? `31990:${'ab'.repeat(32)}:${name.toLowerCase()}` : null;
    return { name, address, events: count, shareOfTagged: count / tagged, users: Math.round(count / (14 + index)) };
  });
  return {
    clients,
    taggedEvents: tagged,
    untaggedEvents: events - tagged,
    untaggedShare: 1 - tagged / events,
    unnamed: 41,
  };
}

function hoursOf(events: number): readonly HourCell[] {
  const random = seededRandom('hours');
  return Array.from({ length: 168 }, (_, place) => {
    const [weekday, hour] = [Math.floor(place / 24), place % 24];
    const wave = 1 + 0.5 * Math.sin(((hour - 9) / 24) * 2 * Math.PI) + (weekday > 4 ? 0.12 : 0);
    return { weekday, hour, events: Math.round((events / 168) * wave * (0.94 + random.next() * 0.12)) };
  });
}

function zapsOf(timeline: readonly TimelinePoint[]): Zaps {
  const count = timeline.reduce((sum, point) => sum + point.zaps, 0);
  const msat = timeline.reduce((sum, point) => sum + point.zapMsat, 0);
  const edges = [0, 10, 21, 50, 100, 210, 500, 1_000, 2_100, 5_000, 10_000, 21_000, 50_000, 100_000, 500_000];
  const shares = [0.06, 0.05, 0.33, 0.08, 0.12, 0.06, 0.09, 0.06, 0.05, 0.04, 0.025, 0.02, 0.01, 0.004, 0.001];
  return {
    count: trend(count, -0.034),
    msat: trend(msat, -0.127),
    senders: Math.round(count / 6),
    recipients: Math.round(count / 9),
    averageMsat: Math.round(msat / count),
    medianMsat: 21_000,
    histogram: edges.map((from, index) => ({
      from,
      to: edges[index + 1] ?? null,
      count: Math.round(count * (shares[index] ?? 0)),
      msat: Math.round(count * (shares[index] ?? 0) * from * 1400),
    })),
    suspect: { count: 14, msat: 61_400_000_000 },
    invalid: { 'no-invoice': 212, 'wrong-amount': 88, 'bad-request': 41, 'bad-signature': 9 },
    duplicates: 133,
  };
}

function shares(rows: readonly (readonly [key: string, name: string, relays: number])[], of: number): readonly Share[] {
  return rows.map(([key, name, relays]) => ({ key, name, relays, share: relays / of }));
}

/** Relays by software. */
export function softwareOf(): readonly Share[] {
  const rows = [
    ['strfry', 402],
    ['nostr-rs-relay', 131],
    ['khatru', 96],
    ['nostream', 44],
    ['haven', 41],
    ['relay-tools', 24],
    ['nostrata', 12],
    ['unknown', 62],
  ] as const;
  return shares(
    rows.map(([name, relays]) => [name, name, relays] as const),
    812,
  );
}

/** Relays by the NIPs that they name. */
export function nipsOf(): readonly Share[] {
  const rows = [
    [1, 801],
    [11, 790],
    [9, 744],
    [2, 702],
    [4, 655],
    [12, 601],
    [22, 512],
    [28, 470],
    [40, 466],
    [42, 377],
    [50, 138],
    [70, 301],
    [77, 132],
  ] as const;
  return shares(
    rows.map(([nip, relays]) => [String(nip), `NIP-${String(nip).padStart(2, '0')}`, relays] as const),
    812,
  );
}

/** Relays by country. */
export function countriesOf(): readonly Share[] {
  const rows = [
    ['US', 'United States', 301],
    ['DE', 'Germany', 141],
    ['FI', 'Finland', 84],
    ['FR', 'France', 61],
    ['CA', 'Canada', 52],
    ['JP', 'Japan', 41],
    ['NL', 'Netherlands', 38],
    ['SG', 'Singapore', 22],
    ['BR', 'Brazil', 12],
    ['AU', 'Australia', 9],
  ] as const;
  return shares(rows, 812);
}
