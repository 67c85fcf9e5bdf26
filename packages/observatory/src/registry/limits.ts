/** Bounds of the registry. Tests and small installations give others. */
export interface RegistryLimits {
  /** Relays of one author's list (NIP-65) that are looked at; the NIP asks for two to four of each sort. */
  readonly relaysByAuthorMax: number;
  /** Relays that were promoted and are not dead, seeds apart: strangers decide what is listed. */
  readonly relaysMax: number;
  /** Of them under one registered domain, so that a wildcard name fills nothing. */
  readonly relaysByDomainMax: number;
  /** URLs that wait for a probe. */
  readonly candidatesMax: number;
  /** URLs that failed and are remembered, so that they are not tried again at once. */
  readonly refusedMax: number;
  /** Failed probes after which a candidate is refused. */
  readonly candidateFailuresMax: number;
  /** How long a refused URL is not taken up again. */
  readonly refusedMs: number;
  /** A relay that did not answer for so long, and as often as `deadFailuresMin`, is dead. */
  readonly deadAfterMs: number;
  readonly deadFailuresMin: number;
  /** Characters of an information document (NIP-11) that is kept; longer ones are read and not kept. */
  readonly informationCharactersMax: number;
  /** Changed documents kept for each relay, the newest. */
  readonly informationHistoryMax: number;
  /** Characters of one text that a relay says of itself, as lists show it. */
  readonly textCharactersMax: number;
  /** Failed connections in a row after which a relay is not wanted for `blockedMs`. */
  readonly blockedFailures: number;
  readonly blockedMs: number;
  /** Share of the slots that may change hands in one `slotsEveryMs`. */
  readonly swapShareMax: number;
  readonly slotsEveryMs: number;
  readonly discoverEveryMs: number;
  /** How often the figures of the last day are added up at most, and those of the longer ranges. */
  readonly spansEveryMs: number;
  readonly longSpansEveryMs: number;
  /** Share of the time that adding up one range may take: with many relays it is done less often. */
  readonly spanShareMax: number;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** The bounds that hold unless others are given. */
export const registryLimits: RegistryLimits = {
  relaysByAuthorMax: 10,
  relaysMax: 5_000,
  relaysByDomainMax: 200,
  candidatesMax: 2_000,
  refusedMax: 20_000,
  candidateFailuresMax: 3,
  refusedMs: 14 * dayMs,
  deadAfterMs: 7 * dayMs,
  deadFailuresMin: 10,
  informationCharactersMax: 65_536,
  informationHistoryMax: 50,
  textCharactersMax: 1_000,
  blockedFailures: 10,
  blockedMs: 60 * minuteMs,
  swapShareMax: 0.05,
  slotsEveryMs: 5 * minuteMs,
  discoverEveryMs: 5 * minuteMs,
  spansEveryMs: 10_000,
  longSpansEveryMs: minuteMs,
  spanShareMax: 0.005,
};

/** Relays that a list gives at most, and unless told. */
export const listMax = 2_000;
export const listUsual = 100;

/** Buckets that a series gives at most, and unless told. */
export const bucketsMax = 10_000;
export const bucketsUsual = 1_000;

/** Relays between which overlap is told, and relays of the sample that are compared. */
export const overlapRelays = 20;

/** Sightings of the sample that are compared, rows that are looked at to find them, and rows read in one go. */
export const sampleRowsMax = 20_000;
export const sampleScanMax = 1_000_000;
export const samplePageRows = 10_000;

/** Relays whose figures are added up in one go: 25 with 90 days of hours are 54,000 rows, some 10 ms. */
export const figuresAtOnce = 25;
