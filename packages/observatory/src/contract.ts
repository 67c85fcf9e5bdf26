import type {
  ActivePoint,
  Cohort,
  HourCell,
  KindCount,
  LatencyPoint,
  Method,
  Range,
  RelayDetails,
  RelayEventsPoint,
  RelayRow,
  RelaySummary,
  Share,
  Snapshot,
  ThroughputPoint,
  TimelinePoint,
  UptimePoint,
  UsersEstimate,
} from './answers.ts';

/** Milliseconds since 1970, and timers: injected, so that tests and simulations own the time. */
export interface Clock {
  now(): number;
  /** Calls back once after that many milliseconds; the returned function takes it back. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** Where the room writes what its operator should know; pino fits. */
export interface ObservatoryLogger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Facts that the room reports as they happen; every one may be left out. */
export interface ObservatoryMetrics {
  /** Connections to relays by state, each time one changes. */
  connections?(state: string, count: number): void;
  /** What relays delivered: `novel`, `repeat`, `invalid`, `refused`. */
  received?(outcome: string, events: number): void;
  /** Events between socket and durable. */
  buffered?(events: number): void;
  flushed?(events: number, seconds: number): void;
  snapshot?(range: string, seconds: number): void;
  cacheLookup?(hit: boolean): void;
  probed?(ok: boolean, seconds: number): void;
  failed?(where: string): void;
}

/** A series is asked for by bucket and span; both ends are UTC milliseconds, the first inclusive, the last exclusive. */
export interface SeriesQuery {
  readonly groupBy: 'hour' | 'day' | 'week' | 'month';
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Buckets at most, the newest; 1,000 unless told. */
  readonly limit?: number | undefined;
}

/** What relays are listed by. */
export interface RelayQuery {
  readonly range: Range;
  readonly sort?: 'events' | 'novel' | 'uptime' | 'open' | 'read' | 'url' | undefined;
  readonly descending?: boolean | undefined;
  readonly nip?: number | undefined;
  readonly software?: string | undefined;
  readonly country?: string | undefined;
  readonly state?: RelayRow['state'] | undefined;
  readonly search?: string | undefined;
  readonly offset?: number | undefined;
  /** 100 unless told, at most 2,000. */
  readonly limit?: number | undefined;
}

/** Reads of the statistics: the API asks only this. Each may reject with `DatabaseError`. */
export interface StatisticsReads {
  /** The last snapshot that was stored; undefined before the first. */
  snapshot(range: Range): Promise<Snapshot | undefined>;
  timeline(query: SeriesQuery): Promise<readonly TimelinePoint[]>;
  throughput(query: SeriesQuery): Promise<readonly ThroughputPoint[]>;
  activeUsers(query: SeriesQuery): Promise<readonly ActivePoint[]>;
  /** Users of any span of whole hours, by sketches; 92 days at most, the newest. */
  estimateUsers(query: Pick<SeriesQuery, 'sinceMs' | 'untilMs'>): Promise<UsersEstimate>;
  /** Cohorts by the week or the month, the newest last. */
  retention(period: 'week' | 'month', periods: number): Promise<readonly Cohort[]>;
  hours(query: Pick<SeriesQuery, 'sinceMs' | 'untilMs'>): Promise<readonly HourCell[]>;
  kinds(query: Pick<SeriesQuery, 'sinceMs' | 'untilMs'>): Promise<readonly KindCount[]>;
  /** Events of one kind by bucket. */
  kind(kind: number, query: SeriesQuery): Promise<readonly { readonly at: string; readonly events: number }[]>;
  /** Zaps by bucket. */
  zaps(query: SeriesQuery): Promise<readonly { readonly at: string; readonly count: number; readonly msat: number }[]>;
  methods(): Readonly<Record<string, Method>>;
}

/** Reads of the relay registry and its probes. */
export interface RelayReads {
  relays(query: RelayQuery): Promise<{ readonly relays: readonly RelayRow[]; readonly total: number }>;
  relay(url: string, range: Range): Promise<RelayDetails | undefined>;
  summary(range: Range): Promise<RelaySummary>;
  latency(url: string, query: SeriesQuery): Promise<readonly LatencyPoint[]>;
  uptime(url: string, query: SeriesQuery): Promise<readonly UptimePoint[]>;
  events(url: string, query: SeriesQuery): Promise<readonly RelayEventsPoint[]>;
  software(): Promise<readonly Share[]>;
  nips(): Promise<readonly Share[]>;
  countries(): Promise<readonly Share[]>;
}

/** What happens now, for the live stream: one value each second while somebody listens. */
export interface LiveFigures {
  readonly atMs: number;
  readonly received: number;
  readonly unique: number;
  readonly invalid: number;
  readonly connected: number;
  /** Unique events of that second by kind. */
  readonly kinds: Readonly<Record<string, number>>;
}

/** Follows what is collected as it comes. */
export interface LiveReads {
  /** The figures of the last minutes, the oldest first. */
  recent(): readonly LiveFigures[];
  onFigures(listener: (figures: LiveFigures) => void): () => void;
}
