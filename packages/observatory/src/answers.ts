/** The spans that statistics are kept for: the last 24 hours by the hour, days in UTC up to now, or everything. */
export type Range = '24h' | '7d' | '30d' | '90d' | 'all';

/** How a figure is counted: whether it is a count or an estimate, and in one or two sentences how it came about. */
export interface Method {
  readonly precision: 'exact' | 'approximate';
  readonly text: string;
}

/** What the figures can have missed. */
export interface Coverage {
  readonly relaysKnown: number;
  /** Relays that a collector was connected to for at least a part of the range. */
  readonly relaysConnected: number;
  /** Seconds, over all relays of the range, without a connection to a relay that was to be collected from. */
  readonly gapSeconds: number;
  /** Share of relay time that was covered, 0–1; 1 where nothing was to be collected. */
  readonly covered: number;
  /** Events that no connected relay showed us, estimated from how relays overlap (Chao); null where too little is known. */
  readonly unseenEvents: number | null;
  /** Milliseconds since 1970 since when anything was collected; null before the first event. */
  readonly sinceMs: number | null;
  /** True where the relays are made up, as in the demonstration: the figures then say nothing about Nostr. */
  readonly synthetic: boolean;
}

/** What every answer of the API is wrapped in. Instants are ISO 8601 in UTC. */
export interface Answer<Data> {
  readonly data: Data;
  /** When the figures were computed. */
  readonly asOf: string;
  readonly range?: Range | undefined;
  /** How the fields are counted, by the path of the field (`users.all`). */
  readonly method: Readonly<Record<string, Method>>;
  readonly coverage: Coverage | null;
  /** True where the range reaches back before anything was collected, or a part could not be computed. */
  readonly partial: boolean;
  /** True where this is the last good copy because neither cache nor database could answer. */
  readonly stale: boolean;
  /** Rows of the whole list, where `data` is a part of it by `limit` and `offset`. */
  readonly total?: number | undefined;
  /** Whole seconds since `asOf`, in stale copies alone. */
  readonly ageSeconds?: number | undefined;
}

/** What every error of the API is. */
export interface ApiError {
  /** A short word for programs: `bad-range`, `bad-date`, `unknown-relay`, `rate-limited`, `unavailable`, `not-found`. */
  readonly error: string;
  readonly message: string;
}

/** A figure of the range and the same of the span before it; null where that span is not fully covered. */
export interface Trend {
  readonly now: number;
  readonly before: number | null;
}

/** Milliseconds; null without a measurement. */
export interface Quantiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly samples: number;
}

/** Users that published something, by how much stands behind their key. */
export interface UserTiers {
  readonly all: number;
  readonly withProfile: number;
  readonly withFollows: number;
  readonly withBoth: number;
  /** Within two steps of the anchors that the operator chose; null where none were chosen. */
  readonly trusted: number | null;
}

/** The first thing to look at. */
export interface Overview {
  readonly relays: { readonly known: number; readonly online: number; readonly connected: number };
  readonly events: Trend;
  readonly users: UserTiers;
  readonly usersBefore: UserTiers | null;
  readonly newUsers: Trend;
  readonly notes: Trend;
  readonly reactions: Trend;
  readonly zaps: Trend;
  /** Millisatoshi of validated zaps. */
  readonly zapMsat: Trend;
  /** From the handshake's begin to the open connection, and from REQ to the first event or EOSE. */
  readonly openMs: Quantiles;
  readonly readMs: Quantiles;
  /** Everything ever counted. */
  readonly eventsTotal: number;
  readonly usersTotal: number;
}

/** Events of one kind: what was published and not deleted. */
export interface KindCount {
  readonly kind: number;
  readonly name: string;
  readonly events: number;
  readonly share: number;
  /** Canonical JSON text, of the events that are still kept; null where none is. */
  readonly bytes: number | null;
}

/** One bucket of time: an hour, a day (`2026-11-21`) or a month. */
export interface TimelinePoint {
  /** The beginning of the bucket. */
  readonly at: string;
  readonly events: number;
  readonly notes: number;
  readonly reactions: number;
  readonly reposts: number;
  readonly zaps: number;
  readonly zapMsat: number;
  /** Null where users are not counted for buckets of this size. */
  readonly users: number | null;
  readonly newUsers: number | null;
  /** True for the bucket that has not ended. */
  readonly open: boolean;
}

/** What events say they were written with (NIP-89 `client` tag). */
export interface ClientUse {
  readonly name: string;
  /** `31990:pubkey:d` where the tag gives it. */
  readonly address: string | null;
  readonly events: number;
  /** Of the events that carry a client tag. */
  readonly shareOfTagged: number;
  /** An estimate. */
  readonly users: number;
}

/** Clients of a range. */
export interface Clients {
  readonly clients: readonly ClientUse[];
  readonly taggedEvents: number;
  readonly untaggedEvents: number;
  /** Share of events without a client tag: so much is unknown. */
  readonly untaggedShare: number;
  /** Clients with fewer users than are named; their events are in `taggedEvents`. */
  readonly unnamed: number;
}

/** One relay, as the list shows it. */
export interface RelayRow {
  readonly url: string;
  readonly name: string | null;
  readonly state: 'online' | 'outage' | 'unknown' | 'dead';
  readonly connected: boolean;
  readonly software: string | null;
  readonly version: string | null;
  readonly nips: readonly number[];
  readonly country: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly authRequired: boolean;
  readonly paymentRequired: boolean;
  readonly openMs: Quantiles;
  readonly readMs: Quantiles;
  /** Share of probes that succeeded in the range, 0–1; null without a probe. */
  readonly uptime: number | null;
  /** The same in pieces of equal length over the range, the oldest first, 48 at most; of everything the last 48 days. */
  readonly uptimeStrip?: readonly (number | null)[] | undefined;
  /** Events of the range that this relay delivered, each once. */
  readonly events: number;
  /** Of them those that it was the first to deliver. */
  readonly novel: number;
  /** Events that came again. */
  readonly repeats: number;
  readonly invalid: number;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly lastEventMs: number | null;
}

/** One relay, whole. */
export interface RelayDetails extends RelayRow {
  readonly description: string | null;
  readonly pubkey: string | null;
  readonly contact: string | null;
  readonly source: 'seed' | 'nip65' | 'nip66' | 'operator';
  readonly firstSeen: string;
  readonly lastProbe: string | null;
  readonly lastFailure: string | null;
  /** The information document (NIP-11) as it is now. */
  readonly information: unknown;
  /** When it changed, the newest first: what it said from then on. */
  readonly informationHistory: readonly { readonly at: string; readonly information: unknown }[];
}

/** Probes of one relay in one bucket of time. */
export interface LatencyPoint {
  readonly at: string;
  readonly dnsMs: Quantiles;
  readonly tcpMs: Quantiles;
  readonly tlsMs: Quantiles;
  readonly openMs: Quantiles;
  readonly informationMs: Quantiles;
  readonly readMs: Quantiles;
  readonly eoseMs: Quantiles;
  readonly writeMs: Quantiles;
}

/** How available one relay was in one bucket of time. */
export interface UptimePoint {
  readonly at: string;
  readonly probes: number;
  readonly failures: number;
  /** True where at least two of three probes in a row failed and it was not our own network. */
  readonly outage: boolean;
}

/** What one relay delivered in one bucket of time. */
export interface RelayEventsPoint {
  readonly at: string;
  readonly events: number;
  readonly novel: number;
  readonly repeats: number;
  readonly invalid: number;
}

/** All relays together, and how they relate. */
export interface RelaySummary {
  readonly known: number;
  readonly online: number;
  readonly connected: number;
  readonly outage: number;
  readonly dead: number;
  readonly openMs: Quantiles;
  readonly readMs: Quantiles;
  readonly eoseMs: Quantiles;
  readonly uptime: number | null;
  /** How many relays an event is on, by the sample of one in 256; null without a sample. */
  readonly replication: number | null;
  /** Pairs of the relays with most events: the share of the smaller one's sampled events that the other has too. */
  readonly overlap: readonly { readonly a: string; readonly b: string; readonly share: number }[];
}

/** One bucket of a histogram: from `from` (inclusive) to `to` (exclusive; null: no end). */
export interface HistogramBucket {
  readonly from: number;
  readonly to: number | null;
  readonly count: number;
  readonly msat: number;
}

/** Zaps: what validated receipts say, from their invoices. */
export interface Zaps {
  readonly count: Trend;
  readonly msat: Trend;
  readonly senders: number;
  readonly recipients: number;
  readonly averageMsat: number | null;
  readonly medianMsat: number | null;
  /** By satoshi. */
  readonly histogram: readonly HistogramBucket[];
  /** Receipts with an amount too high to believe: in no sum. */
  readonly suspect: { readonly count: number; readonly msat: number };
  /** Receipts that are not valid, by fault: in no sum. */
  readonly invalid: Readonly<Record<string, number>>;
  /** Further receipts for an invoice that was counted already. */
  readonly duplicates: number;
}

/** How people answer each other. */
export interface EngagementFigures {
  readonly replies: number;
  readonly reactions: number;
  readonly reposts: number;
  readonly zaps: number;
  /** Replies, reactions, reposts and zaps for each note that is no reply. */
  readonly perNote: number | null;
}

/** One hour of the day in UTC, 0–23, and day of the week, 0 Monday – 6 Sunday. */
export interface HourCell {
  readonly weekday: number;
  readonly hour: number;
  readonly events: number;
}

/** Users that began in one period, and the share of them that was active in each period after it. */
export interface Cohort {
  /** The first day of the period. */
  readonly from: string;
  readonly users: number;
  /** Element 0 is the period itself. */
  readonly active: readonly number[];
  /** True for the last element where its period has not ended: it may still rise. */
  readonly lastOpen: boolean;
}

/** Users of a range. */
export interface Users {
  readonly active: UserTiers;
  readonly newUsers: Trend;
  readonly total: UserTiers;
}

/** One row of users per day, week or month. */
export interface ActivePoint extends UserTiers {
  readonly at: string;
  readonly newUsers: number;
  readonly open: boolean;
}

/** How many users published between two instants, at whole hours: an estimate. */
export interface UsersEstimate {
  readonly from: string;
  readonly to: string;
  readonly users: number;
}

/** A share of relays: a software, a NIP, a country. */
export interface Share {
  readonly key: string;
  readonly name: string;
  readonly relays: number;
  readonly share: number;
}

/** Events each minute (live) or each hour. */
export interface ThroughputPoint {
  readonly at: string;
  readonly received: number;
  readonly unique: number;
  readonly invalid: number;
  readonly bytes: number;
}

/** Everything of one range, computed at one time. */
export interface Snapshot {
  readonly range: Range;
  /** First and last bucket, inclusive; null where there is nothing yet. */
  readonly from: string | null;
  readonly to: string;
  readonly asOf: string;
  readonly computedInMs: number;
  readonly partial: boolean;
  readonly overview: Overview;
  readonly relays: RelaySummary;
  readonly kinds: readonly KindCount[];
  readonly days: readonly { readonly day: string; readonly events: number }[];
  readonly clients: Clients;
  readonly topRelays: readonly RelayRow[];
  /** By the hour for 24h, by the day up to 90d, by the month for all. */
  readonly timeline: readonly TimelinePoint[];
  readonly users: Users;
  readonly hours: readonly HourCell[];
  readonly zaps: Zaps;
  readonly engagement: EngagementFigures;
  readonly software: readonly Share[];
  readonly nips: readonly Share[];
  readonly countries: readonly Share[];
  readonly coverage: Coverage;
  readonly method: Readonly<Record<string, Method>>;
}
