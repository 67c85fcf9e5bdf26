/** What a cover is chosen from. */
export interface CoverOptions {
  /** The relays of each key (a pubkey, mostly), in the order of the list. */
  readonly relaysByKey: ReadonlyMap<string, readonly string[]>;
  /** Relays for each key; no bound unless told. */
  readonly relaysPerKey?: number | undefined;
  /** Relays in all; no bound unless told. */
  readonly relaysMax?: number | undefined;
  /** How much an answer of the relay is worth, 0–1; 1 unless told. */
  readonly worth?: ((relay: string) => number) | undefined;
  /** Relays that are asked anyway and cost nothing more. */
  readonly open?: ReadonlySet<string> | undefined;
}

/** A chosen relay and the keys that are asked there, in the order they came. */
export type Cover = ReadonlyMap<string, readonly string[]>;

/**
 * Each further relay for a key is worth so much of the one before: first everybody is covered once, then the rest of
 * the budget makes it safer.
 */
const repeatWorth = 0.2;

interface Candidate {
  readonly relay: string;
  readonly keys: readonly string[];
  readonly worth: number;
  readonly isOpen: boolean;
}

/**
 * Chooses relays one after another, each time the one that adds most: the keys it has, less for keys that are covered
 * already, times what its answers are worth. The greedy cover is within a factor of 1 − 1/e of the best one.
 */
export function coverKeys(options: CoverOptions): Cover {
  const { relaysPerKey = Number.POSITIVE_INFINITY, relaysMax = Number.POSITIVE_INFINITY } = options;
  const timesByKey = new Map<string, number>();
  const cover = new Map<string, string[]>();
  let candidates = collectCandidates(options);
  let opened = 0;

  const timesOf = (key: string): number => timesByKey.get(key) ?? 0;
  const gainOf = ({ keys, worth }: Candidate): number => {
    let gain = 0;
    for (const key of keys) {
      const times = timesOf(key);
      if (times < relaysPerKey) gain += repeatWorth ** Math.min(times, 6);
    }
    return gain * worth;
  };
  while (candidates.length > 0) {
    const isFull = opened >= relaysMax;
    let best: Candidate | undefined;
    let bestGain = 0;
    for (const candidate of candidates) {
      if (isFull && !candidate.isOpen) continue;
      const gain = gainOf(candidate);
      if (gain > bestGain) [best, bestGain] = [candidate, gain];
    }
    if (best === undefined) break;
    const chosen = best;
    candidates = candidates.filter((candidate) => candidate !== chosen);
    if (!chosen.isOpen) opened++;
    const keys = chosen.keys.filter((key) => timesOf(key) < relaysPerKey);
    for (const key of keys) timesByKey.set(key, timesOf(key) + 1);
    cover.set(chosen.relay, keys);
  }
  return cover;
}

function collectCandidates({ relaysByKey, worth = () => 1, open }: CoverOptions): Candidate[] {
  const keysByRelay = new Map<string, string[]>();
  for (const [key, relays] of relaysByKey) {
    for (const relay of relays) {
      const keys = keysByRelay.get(relay);
      if (keys) keys.push(key);
      else keysByRelay.set(relay, [key]);
    }
  }
  return [...keysByRelay].map(([relay, keys]) => {
    return { relay, keys, worth: worth(relay), isOpen: open?.has(relay) === true };
  });
}
