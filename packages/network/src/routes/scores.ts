import type { RelayAnswer } from '../contract.ts';

/** Where what was learned of relays is kept between starts: one text a relay, which only this room understands. */
export interface ScoreStorage {
  load(): ReadonlyMap<string, string>;
  save(relay: string, score: string): void;
}

/** What was learned of relays: how often they answer with something, and how fast. */
export interface Scores {
  /** Takes an answer into account. */
  observe(answer: RelayAnswer): void;
  /**
   * How much the next answer of a relay may be worth, 0–1: a sample of what is likely by what was seen (Thompson
   * sampling), so that relays of which little is known are tried now and then.
   */
  sample(relay: string): number;
}

/** Answers remembered: what is older weighs less by this much with each new one, half after 34. */
const memory = 0.98;

/** Relays whose scores are held; one takes about 100 bytes. */
const relaysMax = 20_000;

/** An answer after this many milliseconds is worth half of an immediate one. */
const halfWorthMs = 3_000;

interface Score {
  readonly good: number;
  readonly bad: number;
  /** Moving average of the time to the end. */
  readonly ms: number;
}

const unknown: Score = { good: 0, bad: 0, ms: 500 };

/** Creates scores over a storage. */
export function createScores(storage: ScoreStorage | undefined, random: () => number): Scores {
  const scoreByRelay = new Map<string, Score>();
  for (const [relay, text] of storage?.load() ?? []) {
    const score = parseScore(text);
    if (score) scoreByRelay.set(relay, score);
  }
  return {
    observe(answer) {
      const verdict = judge(answer);
      if (verdict === undefined) return;
      const old = scoreByRelay.get(answer.relay) ?? unknown;
      const ms = old.ms + ((answer.firstEventMs ?? answer.endMs) - old.ms) * 0.2;
      const score = { good: old.good * memory + verdict.good, bad: old.bad * memory + verdict.bad, ms: Math.round(ms) };
      scoreByRelay.delete(answer.relay);
      scoreByRelay.set(answer.relay, score);
      const [oldest] = scoreByRelay.keys();
      if (scoreByRelay.size > relaysMax && oldest !== undefined) scoreByRelay.delete(oldest);
      storage?.save(answer.relay, `${score.good.toFixed(3)} ${score.bad.toFixed(3)} ${score.ms}`);
    },
    sample(relay) {
      const { good, bad, ms } = scoreByRelay.get(relay) ?? unknown;
      return sampleBeta(good + 1, bad + 1, random) * (halfWorthMs / (halfWorthMs + ms));
    },
  };
}

/** What an answer says of the relay; undefined where it says nothing: we gave up, or never asked. */
function judge({ end, kept, gone, forged }: RelayAnswer): { readonly good: number; readonly bad: number } | undefined {
  if (forged > 0) return { good: 0, bad: 3 };
  switch (end) {
    case 'aborted':
    case 'refused':
      return undefined;
    case 'eose':
      // An empty answer is an honest one, and may only mean that there is nothing new.
      return kept + gone > 0 ? { good: 1, bad: 0 } : { good: 0.2, bad: 0.1 };
    case 'timeout':
      return kept > 0 ? { good: 0.3, bad: 0.5 } : { good: 0, bad: 1 };
    case 'closed':
    case 'unreachable':
      return { good: 0, bad: 1 };
  }
}

function parseScore(text: string): Score | undefined {
  const [good = Number.NaN, bad = Number.NaN, ms = Number.NaN] = text.split(' ').map(Number);
  return good >= 0 && bad >= 0 && ms >= 0 ? { good, bad, ms } : undefined;
}

function sampleBeta(a: number, b: number, random: () => number): number {
  const x = sampleGamma(a, random);
  return x / (x + sampleGamma(b, random));
}

/** Marsaglia and Tsang, "A simple method for generating gamma variables" (2000), for shapes of 1 and more. */
function sampleGamma(shape: number, random: () => number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  // Nearly every first try fits; a poor source of randomness must not hold the program.
  for (let tries = 0; tries < 100; tries++) {
    const x = sampleNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
  return shape;
}

function sampleNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
