import type { EventStore, KnownQuery, StoreError } from '@nostrata/store';
import { duplicateAnswer } from './answers.ts';
import type { Candidate } from './candidate.ts';
import type { IngestMetrics, SubmitResult } from './contract.ts';
import type { Gauge } from './gauge.ts';
import { sourceOf } from './writer.ts';

/** What the desk needs. */
export interface DeskOptions {
  readonly gauge: Gauge;
  readonly store: Pick<EventStore, 'findKnown'>;
  readonly metrics: IngestMetrics;
  /** Sightings of events that came several times at once could not be recorded. */
  sightingsFailed(error: unknown): void;
}

/**
 * Knows who is inside the door and gives the answers. Of several candidates with the same text only the first, the
 * leader, goes on; the others follow it and are answered with it. Texts are compared in full: a forged copy has
 * another text, and is nobody's leader or follower but that of its own copies.
 */
export interface Desk {
  /** Takes a candidate in; true where it goes on, false where it follows another. */
  register(candidate: Candidate): boolean;
  /** Answers a leader and its followers. */
  settle(leader: Candidate, result: SubmitResult): void;
  /** Answers a leader alone; the first follower takes its place and is returned. */
  succeed(leader: Candidate, result: SubmitResult): Candidate | undefined;
  /** Rejects a leader and its followers. */
  fail(leader: Candidate, error: StoreError): void;
  /** Answers an event that did not come in. */
  refuse(input: unknown, result: SubmitResult): SubmitResult;
}

/** A desk with nobody inside. */
export function createDesk({ gauge, store, metrics, sightingsFailed }: DeskOptions): Desk {
  const leaders = new Map<string, Candidate>();

  function answer(candidate: Candidate, result: SubmitResult): void {
    gauge.leave(candidate.bytes);
    count(candidate.event.kind, result);
    candidate.resolve(result);
  }

  function count(kind: number, result: SubmitResult): void {
    metrics.submitted?.(kind, result.outcome, result.accepted ? undefined : result.rejection.by);
  }

  function forget(leader: Candidate): void {
    if (leaders.get(leader.event.id) === leader) leaders.delete(leader.event.id);
  }

  return {
    register(candidate) {
      const leader = leaders.get(candidate.event.id);
      if (leader === undefined) {
        leaders.set(candidate.event.id, candidate);
        return true;
      }
      if (leader.json !== candidate.json) return true;
      leader.followers ??= [];
      leader.followers.push(candidate);
      return false;
    },
    settle(leader, result) {
      forget(leader);
      answer(leader, result);
      if (leader.followers === undefined) return;
      const later = result.accepted ? duplicateAnswer : result;
      for (const follower of leader.followers) answer(follower, later);
      if (result.accepted && result.outcome !== 'ephemeral') void recordSightings(leader.followers);
    },
    succeed(leader, result) {
      const heir = leader.followers?.shift();
      if (heir === undefined) {
        forget(leader);
      } else {
        heir.followers = leader.followers;
        leader.followers = undefined;
        if (leaders.get(leader.event.id) === leader) leaders.set(leader.event.id, heir);
      }
      answer(leader, result);
      return heir;
    },
    fail(leader, error) {
      forget(leader);
      for (const candidate of [leader, ...(leader.followers ?? [])]) {
        gauge.leave(candidate.bytes);
        metrics.submitted?.(candidate.event.kind, 'rejected', 'store failure');
        candidate.reject(error);
      }
    },
    refuse(input, result) {
      count(kindOf(input), result);
      return result;
    },
  };

  async function recordSightings(candidates: readonly Candidate[]): Promise<void> {
    try {
      await store.findKnown(candidates.map(knownQuery));
    } catch (error) {
      sightingsFailed(error);
    }
  }
}

/** The question whether a candidate is known already. */
export function knownQuery(candidate: Candidate): KnownQuery {
  return { id: candidate.event.id, sig: candidate.event.sig, source: sourceOf(candidate) };
}

/** The kind under which an event is counted that has no valid shape: −1 where it has none. */
function kindOf(input: unknown): number {
  const kind: unknown = typeof input === 'object' && input !== null && 'kind' in input ? input.kind : undefined;
  return typeof kind === 'number' && Number.isInteger(kind) && kind >= 0 && kind <= 65_535 ? kind : -1;
}
