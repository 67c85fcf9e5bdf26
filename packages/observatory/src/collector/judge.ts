import type { Ingest, SubmitResult } from '@nostrata/ingest';
import { hasValidId, type VerifiedEvent } from '@nostrata/protocol';
import type { Entry, EntryVerdict } from './intake.ts';

/** What the door made of a batch. Entries that are in none of the lists are still open. */
export interface Judgement {
  readonly settled: readonly { readonly entry: Entry; readonly verdict: EntryVerdict }[];
  /** Genuine events that did not come into the log: ephemeral ones, and versions that a newer one precedes. */
  readonly observed: readonly VerifiedEvent[];
  /** What cannot be stored, although others can. */
  readonly poison: readonly { readonly entry: Entry; readonly reason: string }[];
  /** What could not be judged now; the door or the store is not well. */
  readonly open: readonly Entry[];
  readonly fault: unknown;
}

/** Hands batches of entries to the door. */
export type Judge = (entries: readonly Entry[]) => Promise<Judgement>;

/** How the door answered one entry. */
type Answer =
  | { readonly type: EntryVerdict; readonly isObserved?: boolean; readonly isWritten?: boolean }
  | { readonly type: 'poison'; readonly reason: string }
  | { readonly type: 'failed'; readonly isBusy: boolean; readonly error: unknown };

/** Creates a judge before this door. */
export function createJudge(ingest: Pick<Ingest, 'submit' | 'isFull' | 'drained'>): Judge {
  return async (entries) => {
    const round = createRound();
    const failed = await submitAll(ingest, entries, round);
    if (failed.length > 0) await isolate(ingest, failed, round);
    return round.end();
  };
}

/** Suspects that fail alone before it is the store that is not well. */
const suspectsMax = 3;

/** Collects the answers to one batch. */
function createRound() {
  const settled: { entry: Entry; verdict: EntryVerdict }[] = [];
  const observed: VerifiedEvent[] = [];
  const poison: { entry: Entry; reason: string }[] = [];
  const suspects: { entry: Entry; error: unknown }[] = [];
  const open: Entry[] = [];
  let hasWritten = false;
  let fault: unknown;
  return {
    take(entry: Entry, answer: Exclude<Answer, { type: 'failed' }>): void {
      if (answer.type === 'poison') {
        poison.push({ entry, reason: answer.reason });
        return;
      }
      settled.push({ entry, verdict: answer.type });
      if (answer.isWritten === true) hasWritten = true;
      // The door has found id and signature good.
      if (answer.isObserved === true) observed.push(entry.event as VerifiedEvent);
    },
    suspect: (entry: Entry, error: unknown) => void suspects.push({ entry, error }),
    leaveOpen(entry: Entry, error: unknown): void {
      open.push(entry);
      fault ??= error;
    },
    /** True where singles fail and nothing succeeds. */
    get isHopeless() {
      return !hasWritten && suspects.length >= suspectsMax;
    },
    end(): Judgement {
      // Where nothing could be written, the store is to blame and not the event.
      for (const { entry, error } of suspects) {
        if (hasWritten) poison.push({ entry, reason: describe(error) });
        else {
          open.push(entry);
          fault ??= error;
        }
      }
      return { settled, observed, poison, open, fault };
    },
  };
}

type Round = ReturnType<typeof createRound>;

/** Submits entries together; returns those that failed. What the door had no room for stays open. */
async function submitAll(
  ingest: Parameters<typeof createJudge>[0],
  entries: readonly Entry[],
  round: Round,
): Promise<{ readonly entry: Entry; readonly error: unknown }[]> {
  const answers: Promise<Answer>[] = [];
  for (const entry of entries) {
    if (ingest.isFull) await ingest.drained();
    answers.push(submit(ingest, entry));
  }
  const failed: { entry: Entry; error: unknown }[] = [];
  for (const [place, answer] of (await Promise.all(answers)).entries()) {
    const entry = entries[place] as Entry;
    if (answer.type !== 'failed') round.take(entry, answer);
    else if (answer.isBusy) round.leaveOpen(entry, answer.error);
    else failed.push({ entry, error: answer.error });
  }
  return failed;
}

/** Submits what failed in ever smaller parts, until what fails alone is known. */
async function isolate(
  ingest: Parameters<typeof createJudge>[0],
  failed: readonly { readonly entry: Entry; readonly error: unknown }[],
  round: Round,
): Promise<void> {
  const parts = [failed];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const [only] = part;
    if (round.isHopeless) {
      for (const { entry, error } of part) round.leaveOpen(entry, error);
      continue;
    }
    const again = await submitAll(
      ingest,
      part.map(({ entry }) => entry),
      round,
    );
    if (part.length === 1 && only !== undefined) {
      for (const { entry, error } of again) round.suspect(entry, error);
    } else if (again.length > 0) {
      const half = Math.ceil(again.length / 2);
      parts.push(again.slice(half), again.slice(0, half));
    }
  }
}

function submit(ingest: Parameters<typeof createJudge>[0], entry: Entry): Promise<Answer> {
  const { event, sources } = entry;
  return ingest.submit(event, { via: 'relay', url: sources[0]?.url }).then(
    (result) => toAnswer(result, entry),
    (error: unknown): Answer => ({ type: 'failed', isBusy: false, error }),
  );
}

const novel: Answer = { type: 'novel', isWritten: true };
const observed: Answer = { type: 'novel', isObserved: true };
const superseded: Answer = { type: 'novel', isObserved: true, isWritten: true };
const known: Answer = { type: 'known' };
const forged: Answer = { type: 'forged' };
const refused: Answer = { type: 'refused' };

function toAnswer(result: SubmitResult, { event }: Entry): Answer {
  switch (result.outcome) {
    case 'stored':
      return novel;
    case 'duplicate':
      // The door knows events by id and signature; a copy of both with another text is forged all the same.
      return hasValidId(event) ? known : forged;
    case 'ephemeral':
      return observed;
    case 'superseded':
      return superseded;
    case 'deleted':
    case 'expired':
    case 'vanished':
      return novel;
    case 'invalid':
      return { type: 'poison', reason: result.accepted ? 'it cannot be stored' : result.rejection.message };
    case 'rejected':
      return result.accepted ? refused : toRefusal(result.rejection);
  }
}

/** Checks of the door that find an event forged, and those that could not be made now. */
const forgeryChecks: ReadonlySet<string> = new Set(['shape', 'id', 'signature']);
const openChecks: ReadonlySet<string> = new Set(['verifier', 'queue', 'stopping']);

function toRefusal({ by, prefix, message }: { by: string; prefix: string; message: string }): Answer {
  if (forgeryChecks.has(by)) return forged;
  if (openChecks.has(by)) return { type: 'failed', isBusy: true, error: new Error(message) };
  // A policy that throws does so again.
  return prefix === 'error' ? { type: 'poison', reason: `${by}: ${message}` } : refused;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 500) : 'it cannot be stored';
}
