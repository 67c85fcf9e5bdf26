import type { Clock } from '@nostrata/network';
import type { NostrEvent } from '@nostrata/protocol';
import type { Signer } from '../contract.ts';
import { SignerError } from '../errors.ts';
import {
  askAgainMs,
  askClaimMs,
  askRenewMs,
  draftAgeMaxMs,
  draftAgeMs,
  lateAnswerTries,
  timerMaxMs,
} from '../limits.ts';
import { checkSigned } from '../signers/check.ts';
import type { PublicationRecord, PublicationRecords } from './records.ts';

/** How a new draft is asked for the first time. */
export interface FirstAsk {
  /** Milliseconds that the caller waits; unless told, as long as the signer takes. */
  readonly waitMs?: number | undefined;
  /** Milliseconds until the draft is given up. */
  readonly keepForMs?: number | undefined;
  /** Ends the waiting, and takes the draft back. */
  readonly signal?: AbortSignal | undefined;
}

/** What the signing of drafts is made of. */
export interface DraftSigningOptions {
  readonly records: PublicationRecords;
  readonly clock: Clock;
  readonly getSigner: () => Signer | undefined;
  readonly getNewest: (address: string) => Promise<NostrEvent | undefined>;
  /** Called when the record of a draft has changed. */
  readonly onChanged: (id: string) => Promise<void>;
  readonly onFailed: (what: string, error: unknown) => void;
  readonly step?: ((name: string) => void) | undefined;
}

/**
 * Asks signers for what waits for a signature: a draft at a time, each only of the key that it was drafted for, and of
 * several processes one at a time. A signer that is away is asked again, later and later; one that refuses is not.
 */
export interface DraftSigning {
  /** The record as it is kept before the signer is asked, with the asking claimed for this process. */
  toDraft(record: PublicationRecord, options: FirstAsk): PublicationRecord;
  /**
   * Asks for the first time.
   * @throws SignerError where the signer refuses, or the signal's reason, while the caller waits: the draft is gone then
   */
  ask(draft: PublicationRecord, options: FirstAsk): Promise<void>;
  /** Asks now, however often that was in vain. */
  wake(): void;
  /** Looks whether another process has left something; does not ask before the time. */
  look(): void;
  /** Waits for the old signer no longer, and asks the new one. */
  signerChanged(): void;
  /** Waits for no signer: what it signs later is not used. Idempotent. */
  stop(): Promise<void>;
}

type Answer =
  | { readonly type: 'signed'; readonly event: NostrEvent }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'interrupted' };
type Outcome = Exclude<Answer, { type: 'signed' }> | { readonly type: 'done' };

/** Makes the signing of drafts; it does nothing until it is asked, woken or told to look. */
export function createDraftSigning(options: DraftSigningOptions): DraftSigning {
  return new RecordSigning(options);
}

class RecordSigning implements DraftSigning {
  readonly #options: DraftSigningOptions;
  readonly #signByMsById = new Map<string, number>();
  readonly #asking = new Set<Promise<void>>();
  #interrupt = Promise.withResolvers<Answer>();
  #round: Promise<void> | undefined;
  #isWanted = false;
  #isStopped = false;
  #tries = 0;
  #nextAskMs = 0;
  #claimEndMs = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(options: DraftSigningOptions) {
    this.#options = options;
  }

  toDraft(record: PublicationRecord, { keepForMs = draftAgeMs }: FirstAsk): PublicationRecord {
    const signByMs = record.createdAtMs + Math.min(keepForMs, draftAgeMaxMs);
    return { ...record, state: 'unsigned', signByMs, askedUntilMs: record.createdAtMs + askClaimMs };
  }

  async ask(draft: PublicationRecord, { waitMs, signal }: FirstAsk): Promise<void> {
    const { records, clock, onFailed } = this.#options;
    this.#signByMsById.set(draft.id, draft.signByMs ?? 0);
    this.#schedule();
    const left = Promise.withResolvers<void>();
    let isWaitedFor = true;
    const asked = this.#askSigner(draft).then(async (outcome) => {
      if (isWaitedFor && outcome.type === 'failed' && !isAway(outcome.error)) {
        await records.remove(draft.id);
        throw outcome.error;
      }
      await this.#conclude(draft, outcome);
    });
    this.#track(asked.catch((error: unknown) => (isWaitedFor ? undefined : onFailed('drafts', error))));
    const cancelWait = waitMs === undefined ? undefined : clock.after(waitMs, left.resolve);
    const abort = (): void => left.resolve();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([asked, left.promise]);
      isWaitedFor = false;
      if (signal?.aborted === true && (await records.endDraft(draft.id, 'taken back', 'cancelled'))) {
        await records.remove(draft.id);
        throw signal.reason;
      }
    } finally {
      cancelWait?.();
      signal?.removeEventListener('abort', abort);
    }
  }

  wake(): void {
    this.#tries = 0;
    this.#nextAskMs = 0;
    this.#run();
  }

  look(): void {
    if (!this.#round) this.#run();
  }

  signerChanged(): void {
    this.#interrupt.resolve({ type: 'interrupted' });
    this.#interrupt = Promise.withResolvers();
    this.wake();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#interrupt.resolve({ type: 'interrupted' });
    await this.#round;
    await Promise.all(this.#asking);
  }

  #track(work: Promise<void>): void {
    this.#asking.add(work);
    void work.then(() => this.#asking.delete(work));
  }

  #run(): void {
    this.#isWanted = true;
    if (this.#round || this.#isStopped) return;
    this.#round = this.#runRounds().finally(() => {
      this.#round = undefined;
    });
  }

  async #runRounds(): Promise<void> {
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false;
      try {
        await this.#runRound();
      } catch (error) {
        this.#options.onFailed('drafts', error);
        this.#postpone(error);
      }
    }
    this.#schedule();
  }

  async #runRound(): Promise<void> {
    const { records, clock, getSigner } = this.#options;
    const waiting: PublicationRecord[] = [];
    this.#claimEndMs = 0;
    this.#signByMsById.clear();
    for (const draft of await records.loadUnsigned()) {
      const { id, signByMs = 0 } = draft;
      if (signByMs <= clock.now()) {
        await this.#end(id, 'its signer was not there in time', 'cancelled');
        continue;
      }
      this.#signByMsById.set(id, signByMs);
      waiting.push(draft);
    }
    const signer = getSigner();
    if (!signer || waiting.length === 0 || clock.now() < this.#nextAskMs) return;
    const pubkey = await this.#orInterrupt(readPubkey(signer));
    if (typeof pubkey !== 'string') return pubkey.type === 'failed' ? this.#postpone(pubkey.error) : undefined;
    for (const draft of waiting) {
      if (this.#isStopped || getSigner() !== signer) return;
      if (draft.event.pubkey !== pubkey || waiting.some((other) => isNewerVersion(other, draft))) continue;
      if (!(await this.#askAgain(draft))) return;
    }
  }

  /** False where the signer is not to be asked for anything else now. */
  async #askAgain(draft: PublicationRecord): Promise<boolean> {
    const { records, clock, getNewest } = this.#options;
    const { id, address, event, askedUntilMs = 0 } = draft;
    const newest = address === undefined ? undefined : await getNewest(address);
    if (newest && newest.created_at > event.created_at) {
      await this.#end(id, 'a newer version came from elsewhere', 'superseded');
      return true;
    }
    if (!(await records.claimAsk(id, clock.now(), clock.now() + askClaimMs))) {
      this.#claimEndMs = Math.max(this.#claimEndMs, askedUntilMs);
      return true;
    }
    const outcome = await this.#askSigner(draft);
    await this.#conclude(draft, outcome);
    if (outcome.type === 'done') this.#tries = 0;
    return outcome.type === 'done' || (outcome.type === 'failed' && isFinal(outcome.error));
  }

  /** Of the asking that this process has claimed. */
  async #askSigner(draft: PublicationRecord): Promise<Outcome> {
    const { records, clock, getSigner, getNewest } = this.#options;
    const endRenewal = this.#renewClaim(draft.id);
    try {
      this.#step('before asking');
      const answer = await this.#orInterrupt(sign(draft, getSigner()));
      if (answer.type !== 'signed') return answer;
      this.#step('after the signature');
      const previous = draft.address === undefined ? undefined : await getNewest(draft.address);
      // Where it was taken back, given up or signed elsewhere meanwhile, this signature is not used.
      await records.claimSigned(draft.id, { event: answer.event, previous, nowMs: clock.now() });
      this.#step('after the signature is kept');
      return { type: 'done' };
    } finally {
      endRenewal();
    }
  }

  async #conclude({ id }: PublicationRecord, outcome: Outcome): Promise<void> {
    const { records, onChanged } = this.#options;
    if (outcome.type === 'failed' && isFinal(outcome.error)) {
      return await this.#end(id, reasonOf(outcome.error), 'cancelled');
    }
    if (outcome.type === 'failed') {
      await records.releaseAsk(id, reasonOf(outcome.error));
      this.#postpone(outcome.error);
      this.#schedule();
    }
    if (outcome.type === 'interrupted') {
      await records.releaseAsk(id, 'its signer went away');
      this.#run();
    }
    await onChanged(id);
  }

  async #end(id: string, reason: string, targets: 'cancelled' | 'superseded'): Promise<void> {
    this.#signByMsById.delete(id);
    await this.#options.records.endDraft(id, reason, targets);
    await this.#options.onChanged(id);
  }

  #orInterrupt<T>(work: Promise<T>): Promise<T | Answer> {
    return Promise.race([work, this.#interrupt.promise]);
  }

  #renewClaim(id: string): () => void {
    const { records, clock, onFailed } = this.#options;
    let cancel: (() => void) | undefined;
    const renewSoon = (): void => {
      cancel = clock.after(askRenewMs, () => {
        records.renewAsk(id, clock.now() + askClaimMs).catch((error: unknown) => onFailed('drafts', error));
        renewSoon();
      });
    };
    renewSoon();
    return () => cancel?.();
  }

  #postpone(error: unknown): void {
    const isLate = error instanceof SignerError && error.fault === 'timeout';
    this.#tries = Math.min(Math.max(this.#tries + 1, isLate ? lateAnswerTries : 0), askAgainMs.length);
    this.#nextAskMs = this.#options.clock.now() + (askAgainMs[this.#tries - 1] ?? askAgainMs[0]);
  }

  /** Comes back when a draft has waited too long, or a signer is due. */
  #schedule(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#isStopped || this.#signByMsById.size === 0) return;
    const { clock } = this.#options;
    const now = clock.now();
    const due = [this.#nextAskMs, this.#claimEndMs].filter((atMs) => atMs > now);
    const nextMs = Math.min(...due, ...this.#signByMsById.values(), now + timerMaxMs);
    this.#cancelTimer = clock.after(Math.max(0, nextMs - now), () => this.#run());
  }

  #step(name: string): void {
    this.#options.step?.(name);
  }
}

/** Asks for the pubkey; never rejects. */
async function readPubkey(signer: Signer): Promise<string | Answer> {
  try {
    return await signer.getPublicKey();
  } catch (error) {
    return { type: 'failed', error };
  }
}

/** Asks for the signature, of the key that the draft names; never rejects. */
async function sign({ event }: PublicationRecord, signer: Signer | undefined): Promise<Answer> {
  const { kind, content, tags, created_at, pubkey } = event;
  const template = { kind, content, tags, created_at };
  try {
    if (!signer) throw new SignerError('unreachable', 'there is no signer');
    if ((await signer.getPublicKey()) !== pubkey) {
      throw new SignerError('unreachable', 'the signer that is there has another key');
    }
    return { type: 'signed', event: checkSigned(await signer.signEvent(template), template, pubkey) };
  } catch (error) {
    return { type: 'failed', error };
  }
}

/** The signer was not reached, or has not answered in its time. */
function isAway(error: unknown): boolean {
  return error instanceof SignerError && (error.fault === 'unreachable' || error.fault === 'timeout');
}

/** Nobody is to be asked again. A signer that cannot sign now may be followed by one that can. */
function isFinal(error: unknown): boolean {
  return !(error instanceof SignerError) || error.fault === 'refused';
}

function isNewerVersion(other: PublicationRecord, draft: PublicationRecord): boolean {
  const isSame = other !== draft && other.address !== undefined && other.address === draft.address;
  return isSame && other.event.pubkey === draft.event.pubkey && other.event.created_at > draft.event.created_at;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
