import type { Ingest, SubmitResult } from '@nostrata/ingest';
import { hasValidId, type VerifiedEvent } from '@nostrata/protocol';
import type { Entry, EntryVerdict } from './intake.ts';
import type { SharedIds } from './shared-ids.ts';

/** An entry with its verdict. */
export interface SettledEntry {
  readonly entry: Entry;
  readonly verdict: EntryVerdict;
  /** The relay that delivered a known event first, where that may not be counted yet. */
  first?: string | undefined;
}

/** What the door made of a batch. Entries that are in none of the lists are still open. */
export interface Judgement {
  readonly settled: readonly SettledEntry[];
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

/** A verdict of the door on one entry. */
type Judged =
  | { readonly type: EntryVerdict; readonly isObserved?: boolean; readonly isWritten?: boolean }
  | { readonly type: 'poison'; readonly reason: string };

/** How the door answered one entry. */
type Answer = Judged | { readonly type: 'failed'; readonly isBusy: boolean; readonly error: unknown };

/** What a judge works with. */
export interface JudgeOptions {
  readonly ingest: DoorParts;
  readonly shared: SharedIds;
  /** Which relay delivered a stored event first (`sightings` of the store). */
  readonly findFirst?: ((id: string) => Promise<string | undefined>) | undefined;
}

type DoorParts = Pick<Ingest, 'submit' | 'isFull' | 'drained'>;

/** Creates a judge before this door. */
export function createJudge({ ingest, shared, findFirst }: JudgeOptions): Judge {
  return async (entries) => {
    const round = createRound();
    const sharedOnes = await shared.findKnown(entries);
    for (const entry of sharedOnes) round.take(entry, known);
    const unknown = sharedOnes.size === 0 ? entries : entries.filter((entry) => !sharedOnes.has(entry));
    const failed = await submitAll(ingest, unknown, round);
    if (failed.length > 0) await isolate(ingest, failed, round);
    const judgement = round.end();
    await shared.add(judgement.settled.flatMap(({ entry, verdict }) => (verdict === 'novel' ? [entry] : [])));
    if (findFirst) await nameFirst(judgement.settled, findFirst);
    return judgement;
  };
}

/**
 * A collector that was killed between the store and the books has made events durable that count for nobody. Their
 * relays send them again, and the store knows who was the first.
 */
async function nameFirst(
  settled: readonly SettledEntry[],
  findFirst: NonNullable<JudgeOptions['findFirst']>,
): Promise<void> {
  for (const one of settled) {
    if (one.verdict !== 'known' || !one.entry.isRecovering) continue;
    one.first = await findFirst(one.entry.event.id);
  }
}

/** Suspects that fail alone before it is the store that is not well. */
const suspectsMax = 3;

/** Collects the answers to one batch. */
function createRound() {
  const settled: SettledEntry[] = [];
  const observed: VerifiedEvent[] = [];
  const poison: { entry: Entry; reason: string }[] = [];
  const suspects: { entry: Entry; error: unknown }[] = [];
  const open: Entry[] = [];
  let hasWritten = false;
  let fault: unknown;
  return {
    take(entry: Entry, answer: Judged): void {
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
  ingest: DoorParts,
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
  ingest: DoorParts,
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

function submit(ingest: DoorParts, entry: Entry): Promise<Answer> {
  const { event, sources } = entry;
  return ingest.submit(event, { via: 'relay', url: sources[0]?.url }).then(
    (result) => toAnswer(result, entry),
    (error: unknown): Answer => ({ type: 'failed', isBusy: false, error }),
  );
}

const novel: Judged = { type: 'novel', isWritten: true };
const observed: Judged = { type: 'novel', isObserved: true };
const superseded: Judged = { type: 'novel', isObserved: true, isWritten: true };
const known: Judged = { type: 'known' };
const forged: Judged = { type: 'forged' };
const refused: Judged = { type: 'refused' };

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
