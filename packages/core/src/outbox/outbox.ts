import { getAddress, getEventId, type NostrEvent, type UnsignedEvent } from '@nostrata/protocol';
import type { Publication, PublishOptions, PublishTarget, SignedPublication } from '../contract.ts';
import { isFull, PublishError } from '../errors.ts';
import {
  draftsMax,
  okDeadlineMs,
  ownFailureWaitMs,
  publishAgeMaxMs,
  publishRelaysMax,
  sendsAtOnce,
  watchEveryMs,
} from '../limits.ts';
import type { Outbox, OutboxOptions } from './contract.ts';
import { deliveryOf, judge } from './delivery.ts';
import { createDraftSigning, type DraftSigning, type FirstAsk } from './draft-signing.ts';
import { createEntry, type Entry, isSettled, signedEvent, signedPublication } from './entry.ts';
import { createRecords, type PublicationRecord, type PublicationRecords } from './records.ts';

/** Makes the outbox; `start` comes before anything else, or never. */
export function createOutbox(options: OutboxOptions): Outbox {
  const records = createRecords(options.database);
  return new DurableOutbox(options, records);
}

class DurableOutbox implements Outbox {
  readonly #options: OutboxOptions;
  readonly #records: PublicationRecords;
  readonly #entries = new Map<string, Entry>();
  readonly #sending = new Set<Promise<void>>();
  #cancelTimer: (() => void) | undefined;
  #isStopped = false;
  #isOnline = true;
  /** Gives up leading; undefined where another process sends. */
  #resign: (() => Promise<void>) | undefined;
  #cancelWatch: (() => void) | undefined;
  #watching: Promise<void> = Promise.resolve();
  readonly #drafts: DraftSigning;
  /** Ids of records that are to go, and could not be removed yet. */
  readonly #forgotten = new Set<string>();

  constructor(options: OutboxOptions, records: PublicationRecords) {
    this.#options = options;
    this.#records = records;
    const { clock, getSigner, getNewest, onFailed, step } = options;
    const onChanged = (id: string): Promise<void> => this.#takeSigned(id);
    this.#drafts = createDraftSigning({ records, clock, getSigner, getNewest, onFailed, step, onChanged });
  }

  async start(): Promise<void> {
    const { lead = async () => async () => {} } = this.#options;
    this.#resign = await lead();
    if (this.#resign) await this.#takeOver();
    this.#drafts.wake();
    if (this.#options.lead) this.#watchSoon();
  }

  /** Takes up what earlier and other processes have left to be sent. */
  async #takeOver(): Promise<void> {
    for (const record of await this.#records.loadOpen()) {
      if (this.#entries.has(record.id) || this.#forgotten.has(record.id)) continue;
      const entry = this.#add(record);
      if (record.state === 'unsigned') continue;
      if (record.state === 'cancelling') await this.#finishCancel(entry);
      else await this.#resume(entry);
    }
    this.#pump();
  }

  #watchSoon(): void {
    if (this.#isStopped) return;
    this.#cancelWatch = this.#options.clock.after(watchEveryMs, () => {
      this.#watching = this.#watch()
        .catch((error: unknown) => this.#options.onFailed('outbox', error))
        .finally(() => this.#watchSoon());
    });
  }

  /** Looks at what other processes have done: the one that leads takes up their publications, the others follow it. */
  async #watch(): Promise<void> {
    this.#resign ??= await this.#options.lead?.();
    this.#drafts.look();
    if (this.#resign) {
      // Another process may have the signer that this one lacks.
      for (const { id, state } of [...this.#entries.values()]) if (state === 'unsigned') await this.#takeSigned(id);
      return await this.#takeOver();
    }
    for (const entry of [...this.#entries.values()]) await this.#follow(entry);
  }

  async #follow(entry: Entry): Promise<void> {
    const record = await this.#records.load(entry.id);
    if (!record) return;
    if (record.state === 'settled' || record.state === 'cancelled') this.#entries.delete(entry.id);
    entry.take(record);
  }

  /** Takes up what has become of a draft, here or in another process. */
  async #takeSigned(id: string): Promise<void> {
    const record = await this.#records.load(id);
    if (!record) return;
    const isOver = record.state === 'settled' || record.state === 'cancelled';
    const known = this.#entries.get(id);
    if (!known && isOver) return;
    const entry = known ?? this.#add(record);
    if (isOver) this.#entries.delete(id);
    const isNew = entry.state === 'unsigned' || !known;
    entry.take(record);
    if (!isNew || record.state !== 'open') return;
    await this.#resume(entry);
    this.#pump();
  }

  async publish(event: NostrEvent, publishOptions: PublishOptions = {}): Promise<SignedPublication> {
    const known = this.#entries.get(event.id);
    // A draft that was signed elsewhere gives way to the signed event.
    if (known && known.state !== 'unsigned') return signedPublication(known);
    const record = await this.#toRecord(event, publishOptions);
    this.#step('before the record');
    await this.#keep(record);
    this.#step('after the record');
    known?.take(record);
    const entry = known ?? this.#add(record);
    if (this.#isForStore(entry)) await this.#storeNew(entry);
    await this.#supersede(entry);
    this.#settleIfDone(entry);
    this.#pump();
    return signedPublication(entry);
  }

  async publishDraft(event: UnsignedEvent, options: PublishOptions & FirstAsk): Promise<Publication> {
    const record = await this.#toRecord(event, options);
    const known = this.#entries.get(record.id);
    if (known) return known.publication;
    if ([...this.#entries.values()].filter(({ state }) => state === 'unsigned').length >= draftsMax) {
      throw new PublishError('full', `${draftsMax} drafts wait for a signature already`);
    }
    const draft = this.#drafts.toDraft(record, options);
    this.#step('before the draft');
    await this.#keep(draft);
    const entry = this.#add(draft);
    this.#step('after the draft');
    try {
      await this.#drafts.ask(draft, options);
    } catch (error) {
      this.#drop(entry);
      throw error;
    }
    return entry.publication;
  }

  signerChanged(): void {
    this.#drafts.signerChanged();
  }

  get(id: string): Publication | undefined {
    return this.#entries.get(id)?.publication;
  }

  pending(): readonly Publication[] {
    return [...this.#entries.values()].map(({ publication }) => publication);
  }

  async recent(limit: number): Promise<readonly Publication[]> {
    const found = await this.#records.loadRecent(limit);
    return found.map((record) => this.get(record.id) ?? this.#toEntry(record).publication);
  }

  setOnline(isOnline: boolean): void {
    this.#isOnline = isOnline;
    if (!isOnline) return;
    for (const entry of this.#entries.values()) {
      for (const target of entry.targets.values()) {
        if (target.state === 'retry') entry.setTarget({ ...target, nextAtMs: this.#options.clock.now() });
      }
    }
    this.#drafts.wake();
    this.#pump();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#cancelWatch?.();
    await this.#watching;
    await this.#drafts.stop();
    await Promise.all(this.#sending);
    await this.#resign?.();
    this.#resign = undefined;
  }

  async #toRecord(
    event: NostrEvent | UnsignedEvent,
    { relays, undoMs = 0 }: PublishOptions,
  ): Promise<PublicationRecord> {
    const { clock, getNewest, routesOf } = this.#options;
    const address = getAddress(event);
    const routed = [...new Set(relays ?? (await routesOf(event)))].slice(0, publishRelaysMax);
    return {
      id: 'id' in event ? event.id : getEventId(event),
      event,
      previous: address === undefined ? undefined : await getNewest(address),
      address,
      delivery: deliveryOf(event),
      createdAtMs: clock.now(),
      notBeforeMs: clock.now() + undoMs,
      state: 'open',
      targets: routed.map((relay) => ({ relay, state: 'pending', attempts: 0, mayHaveIt: false })),
    };
  }

  async #keep(record: PublicationRecord): Promise<void> {
    try {
      await this.#records.add(record);
    } catch (error) {
      throw toPublishError(error);
    }
  }

  /** Where the store cannot take it now the caller is told so, and it must not be sent later all the same. */
  async #storeNew(entry: Entry): Promise<void> {
    try {
      await this.#store(entry);
    } catch (error) {
      this.#drop(entry);
      if (!(error instanceof PublishError)) await this.#forget(entry.id);
      throw toPublishError(error);
    }
  }

  /** Takes an entry away whose record is gone, or is to go. */
  #drop(entry: Entry): void {
    this.#entries.delete(entry.id);
    entry.state = 'cancelled';
    entry.closeTargets('cancelled');
    entry.changed();
  }

  /** A disk may be too full even for this: then it is tried until it is done, and nobody takes the record up. */
  async #forget(id: string): Promise<void> {
    this.#forgotten.add(id);
    try {
      await this.#records.remove(id);
      this.#forgotten.delete(id);
    } catch (error) {
      this.#options.onFailed('outbox', error);
      if (!this.#isStopped) this.#options.clock.after(ownFailureWaitMs, () => void this.#forget(id));
    }
  }

  /** Into the store; what the store refuses is no publication. */
  async #store(entry: Entry): Promise<void> {
    const verdict = await this.#options.submit(signedEvent(entry));
    this.#step('after the store');
    if (verdict.isKept) return;
    this.#entries.delete(entry.id);
    await this.#records.remove(entry.id);
    throw new PublishError('refused', `the event cannot be published: ${verdict.reason}`);
  }

  /** A deletion request is applied when it can no longer be taken back. */
  #isForStore({ record }: Entry): boolean {
    return record.delivery !== 'control' || record.notBeforeMs <= this.#options.clock.now();
  }

  /** Older versions on their way need not arrive any more. */
  async #supersede(entry: Entry): Promise<void> {
    const { address } = entry.record;
    if (address === undefined) return;
    for (const other of [...this.#entries.values()]) {
      const isOlder = other !== entry && other.record.address === address && isOnItsWay(other);
      if (!isOlder || other.event.created_at > entry.event.created_at) continue;
      other.closeTargets('superseded');
      await this.#settleOrLater(other, 'superseded');
    }
  }

  /** After a restart: the store may not have it yet, and a relay may have it though its OK was not noted. */
  async #resume(entry: Entry): Promise<void> {
    if (this.#isForStore(entry)) {
      const verdict = await this.#options.submit(signedEvent(entry));
      this.#step('after the store');
      // A newer version, or a deletion, came from another device meanwhile.
      if (!verdict.isKept) {
        entry.closeTargets('superseded');
        await this.#settle(entry, 'settled', 'superseded');
        return;
      }
    }
    await this.#supersede(entry);
    this.#settleIfDone(entry);
  }

  #toEntry(record: PublicationRecord): Entry {
    return createEntry(record, (one) => this.#cancel(one));
  }

  #add(record: PublicationRecord): Entry {
    const entry = this.#toEntry(record);
    this.#entries.set(record.id, entry);
    return entry;
  }

  /** Sends what is due, deletion requests first, a few at a time; and comes back when the next one is due. */
  #pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#isStopped || !this.#isOnline || !this.#resign) return;
    const { clock } = this.#options;
    const now = clock.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { entry, target } of this.#waiting()) {
      const dueMs = Math.max(entry.record.notBeforeMs, target.nextAtMs ?? 0);
      if (dueMs > now) nextMs = Math.min(nextMs, dueMs);
      else if (this.#sending.size < sendsAtOnce) this.#begin(entry, target);
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#cancelTimer = clock.after(nextMs - now, () => this.#pump());
  }

  #waiting(): { entry: Entry; target: PublishTarget }[] {
    const all = [...this.#entries.values()].filter(({ state }) => state === 'open');
    const ordered = [
      ...all.filter(({ record }) => record.delivery === 'control'),
      ...all.filter(({ record }) => record.delivery !== 'control'),
    ];
    return ordered.flatMap((entry) =>
      [...entry.targets.values()]
        .filter((target) => !isSettled(target) && !this.#busy.has(`${entry.id} ${target.relay}`))
        .map((target) => ({ entry, target })),
    );
  }

  readonly #busy = new Set<string>();

  #begin(entry: Entry, target: PublishTarget): void {
    const key = `${entry.id} ${target.relay}`;
    this.#busy.add(key);
    const run = this.#send(entry, target)
      .catch((error: unknown) => this.#postpone(entry, target, error))
      .finally(() => {
        this.#sending.delete(run);
        this.#busy.delete(key);
        this.#pump();
      });
    this.#sending.add(run);
  }

  async #send(entry: Entry, target: PublishTarget): Promise<void> {
    const { pool, clock, random, book } = this.#options;
    const { record } = entry;
    const event = signedEvent(entry);
    const { relay } = target;
    if (record.delivery === 'control' && target.attempts === 0) await this.#store(entry);
    // A relay whose OK was lost, or came when this process had just ended, is asked before it is sent to again.
    const hasIt = target.mayHaveIt && (await this.#isThere(event, relay));
    const attempts = target.attempts + 1;
    if (!hasIt && !(await this.#claimSend(entry, { relay, state: 'sending', attempts, mayHaveIt: true }))) return;
    this.#step('before sending');
    const result = hasIt
      ? ({ type: 'ok', accepted: true, reason: 'the relay has it' } as const)
      : await pool.send(event, relay, { deadlineMs: okDeadlineMs });
    this.#step('after sending');
    if (entry.state !== 'open') return;
    const verdict = judge(result, record.delivery, attempts);
    const mayHaveIt = result.type === 'timeout' || target.mayHaveIt || verdict.state === 'delivered';
    const isTooOld = clock.now() - record.createdAtMs > publishAgeMaxMs;
    if (verdict.state === 'retry' && !isTooOld) {
      // A tenth of chance, so that many events do not come back at the same moment.
      const nextAtMs = clock.now() + Math.round(verdict.waitMs * (0.95 + random() / 10));
      await this.#setTarget(entry, { relay, state: 'retry', attempts, mayHaveIt, nextAtMs, reason: verdict.reason });
    } else {
      const state = verdict.state === 'delivered' ? 'delivered' : 'rejected';
      await this.#setTarget(entry, { relay, state, attempts, mayHaveIt, reason: verdict.reason });
      book.published(state === 'delivered');
    }
    this.#step('after the answer');
    this.#settleIfDone(entry);
  }

  /** Our own failure, not the relay's: the target waits like after a failed try. */
  #postpone(entry: Entry, target: PublishTarget, error: unknown): void {
    this.#options.onFailed('outbox', error);
    const nextAtMs = this.#options.clock.now() + ownFailureWaitMs;
    // As it stands now: the relay may have the event already, and must not be sent it again.
    const now = entry.targets.get(target.relay) ?? target;
    entry.setTarget({ ...now, state: 'retry', nextAtMs, reason: String(error) });
  }

  async #isThere(event: NostrEvent, relay: string): Promise<boolean> {
    const plan = new Map([[relay, [{ ids: [event.id], limit: 1 }]]]);
    const [answer] = await this.#options.pool.load(plan, { settle: 'all', deadlineMs: okDeadlineMs });
    return answer?.filters.some(({ events }) => events > 0) === true;
  }

  /** False where another process has taken the event back. */
  async #claimSend(entry: Entry, target: PublishTarget): Promise<boolean> {
    if (!(await this.#records.claimSend(entry.id, target))) {
      await this.#follow(entry);
      return false;
    }
    entry.setTarget(target);
    return true;
  }

  async #setTarget(entry: Entry, target: PublishTarget): Promise<void> {
    await this.#records.setTarget(entry.id, target);
    entry.setTarget(target);
  }

  #settleIfDone(entry: Entry): void {
    if (entry.state !== 'open' || ![...entry.targets.values()].every(isSettled)) return;
    void this.#settleOrLater(entry);
  }

  /** Nothing more is sent either way: where that cannot be written now, it is written later. */
  async #settleOrLater(entry: Entry, targets?: 'superseded'): Promise<void> {
    const { clock, onFailed } = this.#options;
    try {
      await this.#settle(entry, 'settled', targets);
    } catch (error) {
      onFailed('outbox', error);
      if (!this.#isStopped) clock.after(ownFailureWaitMs, () => void this.#settleOrLater(entry, targets));
    }
  }

  async #settle(entry: Entry, state: 'settled' | 'cancelled', targets?: 'superseded' | 'cancelled'): Promise<void> {
    const before = entry.state;
    entry.state = state;
    try {
      await this.#records.setState(entry.id, state, targets);
    } catch (error) {
      entry.state = before;
      throw error;
    }
    this.#entries.delete(entry.id);
    entry.changed();
  }

  async #cancel(entry: Entry): Promise<boolean> {
    if (!isOnItsWay(entry)) return false;
    if ([...entry.targets.values()].some(({ mayHaveIt }) => mayHaveIt)) return false;
    const claimed = await this.#records.claimCancel(entry.id);
    if (claimed === undefined || claimed === 'cancelled') {
      await this.#follow(entry);
      return claimed === 'cancelled';
    }
    entry.state = 'cancelling';
    entry.closeTargets('cancelled');
    this.#step('after the decision to cancel');
    await this.#finishCancel(entry);
    return true;
  }

  async #finishCancel(entry: Entry): Promise<void> {
    const { delivery, previous } = entry.record;
    // A deletion request was not applied yet: it waits until it can no longer be taken back.
    if (delivery !== 'control') await this.#options.withdraw(signedEvent(entry), previous);
    this.#step('after the withdrawal');
    await this.#settle(entry, 'cancelled');
  }

  #step(name: string): void {
    this.#options.step?.(name);
  }
}

/** What has no room is not published: the same sentence, whichever file is full. */
function toPublishError(error: unknown): unknown {
  return isFull(error)
    ? new PublishError('full', `the event is not kept: ${reasonOf(error)}`, { cause: error })
    : error;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isOnItsWay({ state }: Entry): boolean {
  return state === 'open' || state === 'unsigned';
}
