import type { RelayInformation } from '@nostrata/protocol';
import type { NetworkLimits } from '../limits.ts';

/** What one relay takes, as far as it is known: from its information document (NIP-11) and from its refusals. */
export interface RelayLimits {
  readonly subscriptionsMax: number;
  readonly filtersPerRequestMax: number;
  readonly valuesPerFilterMax: number;
  readonly requestBytesMax: number;
  /** Events of one answer; undefined where it is not known. */
  readonly answerEventsMax: number | undefined;
  /** Events of an answer to a filter without limit, where it is another number. */
  readonly answerEventsDefault: number | undefined;
  readonly nips: ReadonlySet<number> | undefined;
}

/** What is known of one relay's limits; grows with its documents and refusals. */
export interface Knowledge {
  readonly current: RelayLimits;
  apply(information: RelayInformation): void;
  /** Takes over what a refusal teaches: about subscriptions, or about the size of requests. */
  learn(text: string, asked: RefusedRequest): 'subscriptions' | 'size' | undefined;
  /** Says whether the text would teach something about a request of any size. */
  teaches(text: string, subscriptions: number): boolean;
}

/** Begins with what is assumed of a relay that says nothing. */
export function createKnowledge(limits: NetworkLimits): Knowledge {
  let current = assumeLimits(limits);
  return {
    get current() {
      return current;
    },
    apply(information) {
      current = applyInformation(current, information);
    },
    learn(text, asked) {
      const learned = learnFromRefusal(current, text, asked);
      if (!learned) return undefined;
      const isFewer = learned.subscriptionsMax < current.subscriptionsMax;
      current = learned;
      return isFewer ? 'subscriptions' : 'size';
    },
    teaches(text, subscriptions) {
      const asked = { subscriptions, filters: 2, values: 2, bytes: 0 };
      return learnFromRefusal(current, text, asked) !== undefined;
    },
  };
}

/** What is assumed of a relay that says nothing. */
function assumeLimits(limits: NetworkLimits): RelayLimits {
  const { subscriptionsMax, filtersPerRequestMax, valuesPerFilterMax, requestBytesMax } = limits;
  return {
    subscriptionsMax,
    filtersPerRequestMax,
    valuesPerFilterMax,
    requestBytesMax,
    answerEventsMax: undefined,
    answerEventsDefault: undefined,
    nips: undefined,
  };
}

/** Numbers below these are mistakes of operators (0 for "none"), not limits anyone could work with. */
const least = { subscriptions: 1, messageBytes: 1_024, events: 1 } as const;

/** Takes over what the information document says; numbers that make no sense are left out. */
function applyInformation(known: RelayLimits, information: RelayInformation): RelayLimits {
  const limitation = information.limitation ?? {};
  const read = (value: number | undefined, atLeast: number): number | undefined =>
    value !== undefined && Number.isFinite(value) && value >= atLeast ? Math.floor(value) : undefined;
  const messageBytes = read(limitation.max_message_length, least.messageBytes);
  return {
    ...known,
    subscriptionsMax: read(limitation.max_subscriptions, least.subscriptions) ?? known.subscriptionsMax,
    requestBytesMax: messageBytes === undefined ? known.requestBytesMax : messageBytes,
    answerEventsMax: read(limitation.max_limit, least.events) ?? known.answerEventsMax,
    answerEventsDefault: read(limitation.default_limit, least.events) ?? known.answerEventsDefault,
    nips: information.supported_nips ? new Set(information.supported_nips) : known.nips,
  };
}

/** What was asked when a relay refused. */
export interface RefusedRequest {
  /** Subscriptions that were open, this one included. */
  readonly subscriptions: number;
  readonly filters: number;
  /** Values of the longest list. */
  readonly values: number;
  readonly bytes: number;
}

/**
 * Learns from the text of a refusal; undefined where it says nothing of limits, or where the request is as small as
 * it gets. The texts are those of the relays in use, which agree on words and not on sentences.
 */
export function learnFromRefusal(known: RelayLimits, text: string, asked: RefusedRequest): RelayLimits | undefined {
  const words = text.toLowerCase();
  if (
    /(?:too many|max\w*|limit|exceed\w*).{0,40}(?:subscription|\breqs?\b)|subscription.{0,30}(?:limit|max|exceed|too many)/.test(
      words,
    )
  ) {
    if (/length|too long|\bid\b/.test(words)) return undefined;
    const subscriptionsMax = Math.max(1, Math.min(known.subscriptionsMax, asked.subscriptions - 1));
    return subscriptionsMax < known.subscriptionsMax ? { ...known, subscriptionsMax } : undefined;
  }
  if (
    /(?:too many|max\w*|limit|exceed\w*|total).{0,30}filters|filters.{0,30}(?:limit|max|exceed|too many)/.test(words)
  ) {
    return asked.filters > 1 ? { ...known, filtersPerRequestMax: findNumber(words, asked.filters) } : undefined;
  }
  if (
    /(?:too many|max\w*|limit|exceed\w*|too).{0,30}(?:authors|ids|kinds|tags|values|elements|items|large|complex|big)/.test(
      words,
    )
  ) {
    if (asked.filters > 1) return { ...known, filtersPerRequestMax: Math.ceil(asked.filters / 2) };
    if (asked.values > 1) return { ...known, valuesPerFilterMax: findNumber(words, asked.values) };
    return undefined;
  }
  return undefined;
}

/** The number that the text names where it is below what was asked, else half of that. */
function findNumber(text: string, asked: number): number {
  const named = (text.match(/[0-9]+/g) ?? []).map(Number).find((number) => number > 0 && number < asked);
  return named ?? Math.max(1, Math.floor(asked / 2));
}
