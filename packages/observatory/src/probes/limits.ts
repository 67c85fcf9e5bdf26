/** Bounds of probes. Tests give shorter ones. */
export interface ProbeLimits {
  /** Deadline of the look-up of a name. */
  readonly dnsMs: number;
  /** Deadline of each other phase. */
  readonly phaseMs: number;
  /** Bytes of an information document (NIP-11) that are read. */
  readonly informationBytesMax: number;
  /** Bytes of one message of a relay. */
  readonly messageBytesMax: number;
  /** Messages of one probe that are looked at: a relay that talks without answering is no answer. */
  readonly messagesMax: number;
  /** Seconds after which an event that was written to try a relay expires (NIP-40). */
  readonly writtenSeconds: number;
  /** How often a relay is probed while it answers. */
  readonly everyMs: number;
  /** Failures in a row after which a relay is probed less and less often, at least every `deadEveryMs`. */
  readonly patienceFailures: number;
  readonly deadEveryMs: number;
  /** Within this time all relays are probed for the first time after a start. */
  readonly firstSpreadMs: number;
  /** How often a relay is asked for its information document. */
  readonly informationEveryMs: number;
  /** How often it is looked whether a probe is due or a round is over. */
  readonly tickMs: number;
  /** Probes under way at once. */
  readonly concurrencyMax: number;
  /** A round is judged when it has this many probes and is this old, or has `roundProbesMax`. */
  readonly roundProbesMin: number;
  readonly roundMs: number;
  readonly roundProbesMax: number;
  /** How long it can be our own network while at least half of the relays answer. */
  readonly ownNetworkMsMax: number;
  /** Outcomes that wait for a database that is away; the oldest are dropped and counted. */
  readonly unwrittenMax: number;
  /** How often a relay's liveness is published (NIP-66), where that is asked for. */
  readonly publishEveryMs: number;
}

const minuteMs = 60_000;

/** The bounds that hold unless others are given. */
export const probeLimits: ProbeLimits = {
  dnsMs: 2_000,
  phaseMs: 5_000,
  informationBytesMax: 262_144,
  messageBytesMax: 1_048_576,
  messagesMax: 100,
  writtenSeconds: 600,
  everyMs: 10 * minuteMs,
  patienceFailures: 10,
  deadEveryMs: 24 * 60 * minuteMs,
  firstSpreadMs: 2 * minuteMs,
  informationEveryMs: 60 * minuteMs,
  tickMs: 500,
  concurrencyMax: 32,
  roundProbesMin: 20,
  roundMs: minuteMs,
  roundProbesMax: 500,
  ownNetworkMsMax: 60 * minuteMs,
  unwrittenMax: 20_000,
  publishEveryMs: 60 * minuteMs,
};

/** Share of the relays that answered last time: where more of them fail at once, it is our own network. */
export const ownNetworkShare = 0.3;

/** With fewer relays a share says nothing: then all of them, and at least two, must fail. */
export const ownNetworkRelaysMin = 10;

/** Characters of the reason of a failure that is kept: relays write parts of it. */
export const failureCharactersMax = 200;

/** Characters of an information document that is published with what a probe found: relays refuse large events. */
export const announcedContentMax = 16_384;
