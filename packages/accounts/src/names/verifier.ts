import { type Outgoing, Problem } from '@nostrata/http';
import { toIso } from '../times.ts';
import type { NameAnswers } from './answers.ts';
import type { VerifyAnswer } from './contract.ts';
import { type NameAddress, parseNameAddress } from './grammar.ts';
import { lookUpsAtOnce, lookUpsMax, lookUpTtlMs } from './limits.ts';
import { type LookedUp, lookUp } from './look-up.ts';
import { addressOf } from './rows.ts';

/** Verifies addresses of anybody. @throws Problem 400 of what is no address, 503 where too many are asked for at once */
export type Verify = (asked: {
  readonly address: string;
  readonly pubkey?: string | undefined;
}) => Promise<VerifyAnswer>;

/** What it is made of. */
export interface VerifierParts {
  readonly outgoing: Outgoing;
  readonly clock: { now(): number };
  readonly answers: NameAnswers;
  /** Hosts whose names are known here: nobody has to be asked. */
  readonly hosts: readonly string[];
}

interface Seen {
  readonly looked: LookedUp;
  readonly atMs: number;
}

/**
 * Creates the verifier. What is kept is the key that an address stands for, and not whether it was the expected one: it
 * answers for every key. Requests for one address at the same time are one look-up.
 */
export function createVerifier(parts: VerifierParts): Verify {
  const { clock } = parts;
  const kept = new Map<string, Seen>();
  const underWay = new Map<string, Promise<Seen>>();
  const look = async (key: string, address: NameAddress): Promise<Seen> => {
    const seen = { looked: await ask(parts, address), atMs: clock.now() };
    kept.delete(key);
    kept.set(key, seen);
    for (const oldest of kept.keys()) {
      if (kept.size <= lookUpsMax) break;
      kept.delete(oldest);
    }
    return seen;
  };
  const find = async (address: NameAddress): Promise<Seen> => {
    const key = addressOf(address);
    const known = kept.get(key);
    if (known && clock.now() - known.atMs < ttlOf(known.looked)) {
      kept.delete(key);
      kept.set(key, known);
      return known;
    }
    const running = underWay.get(key);
    if (running) return await running;
    if (underWay.size >= lookUpsAtOnce) throw new Problem(503, 'busy', 'too many addresses are looked up just now');
    const started = look(key, address).finally(() => underWay.delete(key));
    underWay.set(key, started);
    return await started;
  };
  return async ({ address: text, pubkey }) => {
    const address = parseNameAddress(text);
    if (address === undefined) throw new Problem(400, 'bad-address', 'address: write it like alice@example.com');
    return toVerifyAnswer(address, await find(address), pubkey);
  };
}

async function ask({ hosts, answers, outgoing }: VerifierParts, address: NameAddress): Promise<LookedUp> {
  if (!hosts.includes(address.host)) return await lookUp(outgoing, address);
  const { found } = await answers.find(address.host, address.local);
  return found ? { state: 'found', ...found } : { state: 'not-found' };
}

function ttlOf({ state }: LookedUp): number {
  return state === 'found' ? lookUpTtlMs.told : lookUpTtlMs.failed;
}

function toVerifyAnswer(address: NameAddress, { looked, atMs }: Seen, expected: string | undefined): VerifyAnswer {
  const common = { address: addressOf(address), checkedAt: toIso(atMs) };
  if (looked.state !== 'found') return { ...common, pubkey: null, relays: [], state: looked.state };
  const { pubkey, relays } = looked;
  const isExpected = expected === undefined || expected.toLowerCase() === pubkey;
  return { ...common, pubkey, relays, state: isExpected ? 'identified' : 'mismatch' };
}
