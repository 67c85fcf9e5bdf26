import type { Database } from '@nostrata/database';
import type { Clock, RelayPool } from '@nostrata/network';
import { getAddress, type NostrEvent } from '@nostrata/protocol';
import type { Publication, PublishOptions, PublishTarget } from '../contract.ts';
import { PublishError } from '../errors.ts';
import type { FigureBook } from '../figures.ts';
import { okDeadlineMs, publishAgeMaxMs, publishRelaysMax, sendsAtOnce, watchEveryMs } from '../limits.ts';
import { deliveryOf, judge } from './delivery.ts';
import { createEntry, type Entry, isSettled } from './entry.ts';
import { createRecords, type PublicationRecord, type PublicationRecords } from './records.ts';

/** What the door says to an own event: kept, or why not. */
export type OwnVerdict = { readonly isKept: true } | { readonly isKept: false; readonly reason: string };

/** What the outbox is made of. */
export interface OutboxOptions {
  readonly database: Database;
  readonly pool: Pick<RelayPool, 'send' | 'load'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly book: FigureBook;
  /** Through the door into the store, durable when it resolves. */
  readonly submit: (event: NostrEvent) => Promise<OwnVerdict>;
  /** Takes the event out of the store again, and puts the version before it back. */
  readonly withdraw: (event: NostrEvent, previous: NostrEvent | undefined) => Promise<void>;
  /** The version of that address that the store has now. */
  readonly getNewest: (address: string) => Promise<NostrEvent | undefined>;
  /** Where the event belongs (NIP-65). */
  readonly routesOf: (event: NostrEvent) => Promise<readonly string[]>;
  readonly onFailed: (what: string, error: unknown) => void;
  /**
   * Becomes the one process or tab that sends what this storage holds: the function that gives it up, or undefined where
   * another one sends. It must end by itself with the process. Without it this process is the only one.
   */
  readonly lead?: (() => Promise<(() => Promise<void>) | undefined>) | undefined;
  /** Called between any two steps, for tests that end the process there. */
  readonly step?: ((name: string) => void) | undefined;
}

/** Own events on their way to relays: durable before anything is sent, and until every relay has spoken. */
export interface Outbox {
  /** Resumes what an earlier process left. */
  start(): Promise<void>;
  publish(event: NostrEvent, options?: PublishOptions): Promise<Publication>;
  get(id: string): Publication | undefined;
  /** What is not settled, oldest first. */
  pending(): readonly Publication[];
  /** The newest publications, settled ones included. */
  recent(limit: number): Promise<readonly Publication[]>;
  /** Offline nothing is sent; back online everything that waits is tried at once. */
  setOnline(isOnline: boolean): void;
  /** Waits for answers under way, not for relays that are to be tried later. Idempotent. */
  stop(): Promise<void>;
}

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

  constructor(options: OutboxOptions, records: PublicationRecords) {
    this.#options = options;
    this.#records = records;
  }

  async start(): Promise<void> {
    const { lead = async () => async () => {} } = this.#options;
    this.#resign = await lead();
    if (this.#resign) await this.#takeOver();
    if (this.#options.lead) this.#watchSoon();
  }

  /** Takes up what earlier and other processes have left to be sent. */
  async #takeOver(): Promise<void> {
    for (const record of await this.#records.loadOpen()) {
      if (this.#entries.has(record.event.id)) continue;
      const entry = this.#add(record);
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
    if (this.#resign) return await this.#takeOver();
    for (const entry of [...this.#entries.values()]) await this.#follow(entry);
  }

  async #follow(entry: Entry): Promise<void> {
    const record = await this.#records.load(entry.event.id);
    if (!record) return;
    if (record.state === 'settled' || record.state === 'cancelled') this.#entries.delete(entry.event.id);
    entry.take(record);
  }

  async publish(event: NostrEvent, publishOptions: PublishOptions = {}): Promise<Publication> {
    const known = this.#entries.get(event.id);
    if (known) return known.publication;
    const record = await this.#toRecord(event, publishOptions);
    this.#step('before the record');
    await this.#records.add(record);
    this.#step('after the record');
    const entry = this.#add(record);
    if (record.delivery !== 'control' || record.notBeforeMs <= record.createdAtMs) await this.#store(entry);
    await this.#supersede(entry);
    this.#settleIfDone(entry);
    this.#pump();
    return entry.publication;
  }

  get(id: string): Publication | undefined {
    return this.#entries.get(id)?.publication;
  }

  pending(): readonly Publication[] {
    return [...this.#entries.values()].map(({ publication }) => publication);
  }

  async recent(limit: number): Promise<readonly Publication[]> {
    const found = await this.#records.loadRecent(limit);
    return found.map((record) => this.get(record.event.id) ?? this.#toEntry(record).publication);
  }

  setOnline(isOnline: boolean): void {
    this.#isOnline = isOnline;
    if (!isOnline) return;
    for (const entry of this.#entries.values()) {
      for (const target of entry.targets.values()) {
        if (target.state === 'retry') entry.setTarget({ ...target, nextAtMs: this.#options.clock.now() });
      }
    }
    this.#pump();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#cancelWatch?.();
    await this.#watching;
    await Promise.all(this.#sending);
    await this.#resign?.();
    this.#resign = undefined;
  }

  async #toRecord(event: NostrEvent, { relays, undoMs = 0 }: PublishOptions): Promise<PublicationRecord> {
    const { clock, getNewest, routesOf } = this.#options;
    const address = getAddress(event);
    const routed = [...new Set(relays ?? (await routesOf(event)))].slice(0, publishRelaysMax);
    return {
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

  /** Into the store; what the store refuses is no publication. */
  async #store(entry: Entry): Promise<void> {
    const verdict = await this.#options.submit(entry.event);
    this.#step('after the store');
    if (verdict.isKept) return;
    this.#entries.delete(entry.event.id);
    await this.#records.remove(entry.event.id);
    throw new PublishError('refused', `the event cannot be published: ${verdict.reason}`);
  }

  /** Older versions on their way need not arrive any more. */
  async #supersede(entry: Entry): Promise<void> {
    const { address } = entry.record;
    if (address === undefined) return;
    for (const other of [...this.#entries.values()]) {
      const isOlder = other !== entry && other.record.address === address && other.state === 'open';
      if (!isOlder || other.event.created_at > entry.event.created_at) continue;
      other.closeTargets('superseded');
      await this.#settle(other, 'settled', 'superseded');
    }
  }

  /** After a restart: the store may not have it yet, and a relay may have it though its OK was not noted. */
  async #resume(entry: Entry): Promise<void> {
    const { record } = entry;
    if (record.delivery !== 'control' || record.notBeforeMs <= this.#options.clock.now()) {
      const verdict = await this.#options.submit(entry.event);
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
    this.#entries.set(record.event.id, entry);
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
        .filter((target) => !isSettled(target) && !this.#busy.has(`${entry.event.id} ${target.relay}`))
        .map((target) => ({ entry, target })),
    );
  }

  readonly #busy = new Set<string>();

  #begin(entry: Entry, target: PublishTarget): void {
    const key = `${entry.event.id} ${target.relay}`;
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
    const { event, record } = entry;
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
    const nextAtMs = this.#options.clock.now() + 15_000;
    entry.setTarget({ ...target, state: 'retry', nextAtMs, reason: String(error) });
  }

  async #isThere(event: NostrEvent, relay: string): Promise<boolean> {
    const plan = new Map([[relay, [{ ids: [event.id], limit: 1 }]]]);
    const [answer] = await this.#options.pool.load(plan, { settle: 'all', deadlineMs: okDeadlineMs });
    return answer?.filters.some(({ events }) => events > 0) === true;
  }

  /** False where another process has taken the event back. */
  async #claimSend(entry: Entry, target: PublishTarget): Promise<boolean> {
    if (!(await this.#records.claimSend(entry.event.id, target))) {
      await this.#follow(entry);
      return false;
    }
    entry.setTarget(target);
    return true;
  }

  async #setTarget(entry: Entry, target: PublishTarget): Promise<void> {
    await this.#records.setTarget(entry.event.id, target);
    entry.setTarget(target);
  }

  #settleIfDone(entry: Entry): void {
    if (entry.state !== 'open' || ![...entry.targets.values()].every(isSettled)) return;
    this.#settle(entry, 'settled').catch((error: unknown) => this.#options.onFailed('outbox', error));
  }

  async #settle(entry: Entry, state: 'settled' | 'cancelled', targets?: 'superseded' | 'cancelled'): Promise<void> {
    entry.state = state;
    await this.#records.setState(entry.event.id, state, targets);
    this.#entries.delete(entry.event.id);
    entry.changed();
  }

  async #cancel(entry: Entry): Promise<boolean> {
    if (entry.state !== 'open') return false;
    if ([...entry.targets.values()].some(({ mayHaveIt }) => mayHaveIt)) return false;
    if (!(await this.#records.claimCancel(entry.event.id))) {
      await this.#follow(entry);
      return false;
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
    if (delivery !== 'control') await this.#options.withdraw(entry.event, previous);
    this.#step('after the withdrawal');
    await this.#settle(entry, 'cancelled');
  }

  #step(name: string): void {
    this.#options.step?.(name);
  }
}
