import type { Overview, RelayRow, RelaySummary, Snapshot, TimelinePoint, Zaps } from '../answers.ts';
import type { LiveFigures } from '../contract.ts';

/** When the world of the tests begins. */
export const startMs = Date.parse('2026-11-21T12:30:00Z');

/** Times of relays. */
export const quantiles = { p50: 120, p95: 480, samples: 900 };
/** Users by tier. */
export const tiers = { all: 900, withProfile: 500, withFollows: 400, withBoth: 350, trusted: null };
const trend = (now: number) => ({ now, before: Math.round(now * 0.9) });

/** A relay as the list has it. */
export function relayRow(url: string, index = 0): RelayRow {
  return {
    url,
    name: index === 1 ? '=HYPERLINK("x")' : `Relay "${index}", a test`,
    state: 'online',
    connected: true,
    software: 'strfry',
    version: '1.0',
    nips: [1, 11, 77],
    country: 'DE',
    latitude: 52.5,
    longitude: 13.4,
    authRequired: false,
    paymentRequired: false,
    openMs: quantiles,
    readMs: { p50: null, p95: null, samples: 0 },
    uptime: 0.998,
    events: 10_000 - index,
    novel: 4_000,
    repeats: 12,
    invalid: 1,
    bytes: 12_345_678,
    lastEventMs: startMs,
  };
}

/** The relays that are known. */
export const urls = ['wss://relay.example.com', 'wss://second.example.com', 'wss://third.example.com/path'];

/** All relays together. */
export const summary: RelaySummary = {
  known: 3,
  online: 3,
  connected: 3,
  outage: 0,
  dead: 0,
  openMs: quantiles,
  readMs: quantiles,
  eoseMs: quantiles,
  uptime: 0.99,
  replication: 2.4,
  overlap: [{ a: urls[0] ?? '', b: urls[1] ?? '', share: 0.8 }],
};

const overview: Overview = {
  relays: { known: 3, online: 3, connected: 3 },
  events: trend(2_400),
  users: tiers,
  usersBefore: null,
  newUsers: trend(30),
  notes: trend(900),
  reactions: trend(700),
  zaps: trend(20),
  zapMsat: trend(420_000),
  openMs: quantiles,
  readMs: quantiles,
  eventsTotal: 1_000_000,
  usersTotal: 50_000,
};

const zaps: Zaps = {
  count: trend(20),
  msat: trend(420_000),
  senders: 12,
  recipients: 9,
  averageMsat: 21_000,
  medianMsat: 21_000,
  histogram: [
    { from: 0, to: 10, count: 5, msat: 20_000 },
    { from: 10, to: null, count: 15, msat: 400_000 },
  ],
  suspect: { count: 1, msat: 9e12 },
  invalid: { signature: 2 },
  duplicates: 3,
};

/** One bucket of the timeline. */
export function timelinePoint(atMs: number): TimelinePoint {
  return {
    at: new Date(atMs).toISOString(),
    events: 100,
    notes: 40,
    reactions: 30,
    reposts: 5,
    zaps: 2,
    zapMsat: 42_000,
    users: 60,
    newUsers: 3,
    open: false,
  };
}

/** A snapshot that has something in each of its parts. */
export function createSnapshot(range: Snapshot['range'], asOfMs = startMs - 60_000): Snapshot {
  const points = Array.from({ length: 24 }, (_, hour) => timelinePoint(startMs - (24 - hour) * 3_600_000));
  return {
    range,
    from: '2026-11-20T13:00:00.000Z',
    to: '2026-11-21T12:00:00.000Z',
    asOf: new Date(asOfMs).toISOString(),
    computedInMs: 42,
    partial: false,
    overview,
    relays: summary,
    kinds: [
      { kind: 1, name: 'Short text note', events: 900, share: 0.5, bytes: 400_000 },
      { kind: 7, name: 'Reaction', events: 700, share: 0.4, bytes: null },
    ],
    days: [
      { day: '2026-11-20', events: 1_400 },
      { day: '2026-11-21', events: 1_000 },
    ],
    clients: {
      clients: [{ name: '+Damus', address: null, events: 300, shareOfTagged: 0.6, users: 100 }],
      taggedEvents: 500,
      untaggedEvents: 1_900,
      untaggedShare: 0.79,
      unnamed: 4,
    },
    topRelays: urls.map(relayRow),
    timeline: points,
    users: { active: tiers, newUsers: trend(30), total: tiers },
    hours: [{ weekday: 4, hour: 13, events: 100 }],
    zaps,
    engagement: { replies: 300, reactions: 700, reposts: 90, zaps: 20, perNote: 1.2 },
    software: [{ key: 'strfry', name: 'strfry', relays: 3, share: 1 }],
    nips: [{ key: '1', name: 'NIP-01', relays: 3, share: 1 }],
    countries: [{ key: 'DE', name: 'Germany', relays: 3, share: 1 }],
    coverage: {
      relaysKnown: 3,
      relaysConnected: 3,
      gapSeconds: 12,
      covered: 0.999,
      unseenEvents: 40,
      synthetic: false,
      sinceMs: startMs - 10 * 86_400_000,
    },
    method: {
      'overview.events': { precision: 'exact', text: 'Counted.' },
      'overview.users': { precision: 'exact', text: 'Counted.' },
      clients: { precision: 'exact', text: 'By the tag.' },
      'clients.users': { precision: 'approximate', text: 'Estimated.' },
    },
  };
}

/** The figures of one second. */
export function liveFigures(atMs: number): LiveFigures {
  return { atMs, received: 9, unique: 5, invalid: 1, connected: 3, kinds: { 1: 3, 7: 2 } };
}
