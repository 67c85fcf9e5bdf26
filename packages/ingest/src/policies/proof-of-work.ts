import { getCommittedDifficulty, getDifficulty, type NostrEvent } from '@nostrata/protocol';
import type { Policy, Rejection } from '../contract.ts';

/** How much proof of work (NIP-13) an event needs, in bits. */
export interface ProofOfWorkSettings {
  /** For every kind; 0 unless told. */
  readonly bits?: number | undefined;
  /** For some kinds instead. */
  readonly bitsByKind?: Readonly<Record<string, number>> | undefined;
  /** Events of the kinds in `bitsByKind` must be so young: work cannot be stockpiled. 120 s unless told. */
  readonly pastSecondsMax?: number | undefined;
  /** … and no further ahead than this: 10 s unless told. */
  readonly futureSecondsMax?: number | undefined;
}

/**
 * Asks clients for proof of work. What counts is the difficulty that the event commits to in its one `nonce` tag, not
 * the luck that its id had; an event without commitment has 0. The id itself is checked later: a wrong one that
 * happens to begin with zeros passes here and is refused there. Other relays, imports and our own events are exempt.
 */
export function createProofOfWorkPolicy(settings: ProofOfWorkSettings, now: () => number): Policy {
  const { bits = 0, bitsByKind = {}, pastSecondsMax = 120, futureSecondsMax = 10 } = settings;
  const bitsOf = new Map(Object.entries(bitsByKind).map(([kind, required]) => [Number(kind), required]));
  return {
    name: 'proof of work',
    check(event, { via }) {
      if (via !== 'client') return null;
      const required = bitsOf.get(event.kind) ?? bits;
      if (required <= 0) return null;
      const fault = findFault(event, required);
      if (fault !== null) return refuse(fault);
      const ageSeconds = now() / 1000 - event.created_at;
      if (!bitsOf.has(event.kind) || (ageSeconds <= pastSecondsMax && -ageSeconds <= futureSecondsMax)) return null;
      return refuse(
        `created_at must lie at most ${pastSecondsMax} seconds back and ${futureSecondsMax} ahead, so that work is fresh`,
      );
    },
    information: {
      limitation: { min_pow_difficulty: Math.max(bits, ...bitsOf.values()), restricted_writes: true },
    },
  };
}

function refuse(message: string): Rejection {
  return { prefix: 'pow', message, by: 'proof of work' };
}

function findFault(event: NostrEvent, required: number): string | null {
  const committed = getCommittedDifficulty(event);
  const difficulty = getDifficulty(event.id);
  if (committed >= required && difficulty >= committed) return null;
  return `difficulty ${difficulty} with a commitment of ${committed} in one nonce tag, ${required} is required`;
}
