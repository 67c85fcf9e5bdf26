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
export function createDesk(options: DeskOptions): Desk {
  return new LeaderDesk(options);
}

class LeaderDesk implements Desk {
  readonly #options: DeskOptions;
  readonly #leaders = new Map<string, Candidate>();

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  register(candidate: Candidate): boolean {
    const leader = this.#leaders.get(candidate.event.id);
    if (leader === undefined) {
      this.#leaders.set(candidate.event.id, candidate);
      return true;
    }
    if (leader.json !== candidate.json) return true;
    leader.followers ??= [];
    leader.followers.push(candidate);
    return false;
  }

  settle(leader: Candidate, result: SubmitResult): void {
    this.#forget(leader);
    this.#answer(leader, result);
    const { followers } = leader;
    if (followers === undefined) return;
    const later = result.accepted ? duplicateAnswer : result;
    for (const follower of followers) this.#answer(follower, later);
    if (result.accepted && result.outcome !== 'ephemeral') void this.#recordSightings(followers);
  }

  succeed(leader: Candidate, result: SubmitResult): Candidate | undefined {
    const heir = leader.followers?.shift();
    if (heir === undefined) {
      this.#forget(leader);
    } else {
      // Only who is registered has followers, so that the heir stands in the register in his place.
      heir.followers = leader.followers;
      leader.followers = undefined;
      this.#leaders.set(heir.event.id, heir);
    }
    this.#answer(leader, result);
    return heir;
  }

  fail(leader: Candidate, error: StoreError): void {
    this.#forget(leader);
    for (const candidate of [leader, ...(leader.followers ?? [])]) {
      this.#leave(candidate);
      this.#options.metrics.submitted?.(candidate.event.kind, 'rejected', 'store failure');
      candidate.reject(error);
    }
  }

  refuse(input: unknown, result: SubmitResult): SubmitResult {
    this.#count(kindOf(input), result);
    return result;
  }

  #answer(candidate: Candidate, result: SubmitResult): void {
    this.#leave(candidate);
    this.#count(candidate.event.kind, result);
    candidate.resolve(result);
  }

  /** The depth is told with each arrival, and when nothing is left: an idle door never shows an old depth. */
  #leave({ bytes }: Candidate): void {
    const { gauge, metrics } = this.#options;
    gauge.leave(bytes);
    if (gauge.events === 0) metrics.queueDepth?.(0);
  }

  #count(kind: number, result: SubmitResult): void {
    this.#options.metrics.submitted?.(kind, result.outcome, result.accepted ? undefined : result.rejection.by);
  }

  #forget(leader: Candidate): void {
    if (this.#leaders.get(leader.event.id) === leader) this.#leaders.delete(leader.event.id);
  }

  async #recordSightings(candidates: readonly Candidate[]): Promise<void> {
    try {
      await this.#options.store.findKnown(candidates.map(knownQuery));
    } catch (error) {
      this.#options.sightingsFailed(error);
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
