/** Every bound of the collector: its unit is in the name. */
export interface CollectorLimits {
  readonly flushEvents: number;
  readonly flushEventsMax: number;
  readonly flushMs: number;
  readonly bufferEventsMax: number;
  readonly bufferBytesMax: number;
  readonly retryMs: number;
  readonly retryMsMax: number;
  readonly eventsRemembered: number;
  readonly pairsRemembered: number;
  readonly textsRemembered: number;
  readonly forgeriesRemembered: number;
  readonly forgeriesMax: number;
  readonly lookBackSeconds: number;
  readonly overlapSeconds: number;
  readonly exactGapSeconds: number;
  readonly askAgainMs: number;
  readonly askAgainMsMax: number;
  readonly startsPerSecond: number;
  readonly renewalMs: number;
  readonly coverageMs: number;
  readonly pruneMs: number;
  readonly quarantineRows: number;
  readonly sightingMs: number;
  readonly sightingRowsAtOnce: number;
  readonly sightingSteps: number;
  readonly leaseMs: number;
  readonly leaseRoundMs: number;
  readonly shards: number;
  readonly members: number;
  readonly cachedMs: number;
  readonly figuresKept: number;
}

/** The bounds where the caller says nothing. */
export const defaultCollectorLimits: CollectorLimits = {
  // A batch goes to the door at so many new events, or after this long.
  flushEvents: 1_000,
  flushMs: 10_000,
  // Where more has gathered meanwhile, one batch takes so many: more would hold up the answer of all of them.
  flushEventsMax: 2_000,
  // New events between socket and durable, above which sockets are not read: ten seconds of a busy network.
  bufferEventsMax: 16_384,
  bufferBytesMax: 67_108_864,
  // The first wait after a store or database failed, doubled each time.
  retryMs: 500,
  retryMsMax: 30_000,
  // Fingerprints in one of two generations, 16 bytes each with the free room of the table: events that are durable
  // (ten minutes of 100,000 a minute), and events by relay (the same of a network that sends each ten times).
  eventsRemembered: 1_048_576,
  pairsRemembered: 2_097_152,
  // How relays write events, 48 bytes each: many copies of an event are the same to the letter and need no parsing.
  textsRemembered: 262_144,
  // Forged copies that relays repeat.
  forgeriesRemembered: 65_536,
  // A relay of which so many new events were forged, and more than were genuine, is left alone for a while: each costs
  // the check of a signature.
  forgeriesMax: 1_000,
  // How far back a relay is asked that was never asked before.
  lookBackSeconds: 3_600,
  // A relay is asked again from so long before its watermark: a connection that is half open is noticed within 60 s,
  // and events travel for a while.
  overlapSeconds: 180,
  // Of longer gaps only what the store lacks is fetched (NIP-77): the rest is not counted for the relay.
  exactGapSeconds: 86_400,
  // A relay that refused, or answered in part, is asked again after this long, doubled each time.
  askAgainMs: 30_000,
  askAgainMsMax: 3_600_000,
  // Relays that are dialled in a second at the start: more handshakes would hold up everything else.
  startsPerSecond: 50,
  // A subscription is made anew so often, as a relay may have forgotten it without a word.
  renewalMs: 1_800_000,
  // How often connected and missed time is written down, and fingerprints are thrown away that nobody will ask for.
  coverageMs: 60_000,
  pruneMs: 60_000,
  // Events that could not be stored, the newest.
  quarantineRows: 10_000,
  // Sightings are kept as long as the longest range that has an end: nothing looks further back but the range of
  // everything. Each time fingerprints are thrown away, so many rows are looked at so many times, with room for others
  // between: 50 million, which is what 90 days of 10,000 events a minute leave, take not quite two days.
  sightingMs: 90 * 86_400_000,
  sightingRowsAtOnce: 5_000,
  sightingSteps: 4,
  // Relays are divided by the shard: a collector that died holds its own for so long at most, and a round of renewals
  // and take-overs comes every so often. Both together are less than 30 s.
  leaseMs: 18_000,
  leaseRoundMs: 5_000,
  shards: 64,
  members: 32,
  // A day, as long as an event is likely to be seen for the first time somewhere.
  cachedMs: 86_400_000,
  // Seconds of live figures.
  figuresKept: 300,
};
