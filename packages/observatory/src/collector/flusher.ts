import type { VerifiedEvent } from '@nostrata/protocol';
import type { Clock, ObservatoryLogger, ObservatoryMetrics } from '../contract.ts';
import type { Books } from './books.ts';
import type { CollectorFigures } from './contract.ts';
import type { Intake } from './intake.ts';
import type { Judge } from './judge.ts';
import type { Ledger, LedgerCut } from './ledger.ts';
import type { CollectorLimits } from './limits.ts';
import type { Source } from './source.ts';

/** What the flusher works with. */
export interface FlusherOptions {
  readonly intake: Intake;
  readonly judge: Judge;
  readonly ledger: Ledger;
  readonly books: Pick<Books, 'write'>;
  readonly observe: ((events: readonly VerifiedEvent[]) => Promise<void>) | undefined;
  /** The relays that are collected from now. */
  readonly sources: () => Iterable<Source>;
  /** Puts into the ledger what is counted from outside: bytes, connected time. */
  readonly account: () => void;
  /** The relay sends forged events above all. */
  readonly forging: (source: Source) => void;
  /** Others own these relays now. */
  readonly lost: (relays: ReadonlySet<number>) => void;
  readonly clock: Clock;
  readonly limits: CollectorLimits;
  readonly logger: ObservatoryLogger;
  readonly metrics: ObservatoryMetrics;
}

/** Takes batches from the intake to the door and into the books, one at a time. */
export interface Flusher {
  start(): void;
  /** There may be enough for a batch. */
  wake(): void;
  /** Writes everything that is there now; false where that failed. */
  flush(): Promise<boolean>;
  readonly figures: Pick<CollectorFigures, 'flushes' | 'lastFlush' | 'fault'>;
  stop(): void;
}

/** Creates a flusher that does nothing yet. */
export function createFlusher(options: FlusherOptions): Flusher {
  return new SingleFlight(options);
}

interface Pending {
  readonly cut: LedgerCut;
  readonly marks: ReadonlyMap<Source, number>;
}

class SingleFlight implements Flusher {
  readonly #options: FlusherOptions;
  /** What was cut and could not be written yet. */
  #pending: Pending | undefined;
  #observed: VerifiedEvent[] = [];
  /** Marks that hold once everything that is in flight is written. */
  #marks = new Map<Source, number>();
  #running: Promise<boolean> | undefined;
  #cancel = (): void => undefined;
  #isStarted = false;
  #failures = 0;
  #flushes = 0;
  #lastFlush: CollectorFigures['lastFlush'];
  #fault: string | undefined;

  constructor(options: FlusherOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isStarted = true;
    this.#schedule(this.#options.limits.flushMs);
  }

  wake(): void {
    // After a failure the pause counts, however much there is.
    if (this.#isStarted && this.#running === undefined && this.#failures === 0) void this.#run();
  }

  flush(): Promise<boolean> {
    return this.#running === undefined ? this.#run() : this.#running.then(() => this.#running ?? this.#run());
  }

  get figures(): Flusher['figures'] {
    return { flushes: this.#flushes, lastFlush: this.#lastFlush, fault: this.#fault };
  }

  stop(): void {
    this.#isStarted = false;
    this.#cancel();
  }

  #schedule(milliseconds: number): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(milliseconds, () => this.#running ?? void this.#run());
  }

  #run(): Promise<boolean> {
    this.#cancel();
    const running = this.#batches().finally(() => {
      this.#running = undefined;
      const { limits } = this.#options;
      if (!this.#isStarted) return;
      if (this.#failures === 0) this.#schedule(limits.flushMs);
      else this.#schedule(Math.min(limits.retryMsMax, limits.retryMs * 2 ** Math.min(20, this.#failures - 1)));
    });
    this.#running = running;
    return running;
  }

  /** One batch, and more while there is enough for them. */
  async #batches(): Promise<boolean> {
    const { intake, limits, logger, metrics } = this.#options;
    try {
      do await this.#batch();
      while (intake.waiting >= limits.flushEvents);
      if (this.#failures > 0) logger.info({ failures: this.#failures }, 'what was collected can be written again');
      this.#failures = 0;
      this.#fault = undefined;
      return true;
    } catch (error) {
      this.#failures++;
      this.#fault = error instanceof Error ? error.message : 'the batch could not be written';
      metrics.failed?.('flush');
      logger.warn({ err: error, failures: this.#failures }, 'what was collected could not be written; it is kept');
      return false;
    }
  }

  async #batch(): Promise<void> {
    const { clock, intake, metrics } = this.#options;
    const startedMs = clock.now();
    if (this.#pending === undefined) {
      const events = await this.#judgeBatch();
      await this.#observe();
      const { ledger, account } = this.#options;
      account();
      if (ledger.isEmpty && this.#marks.size === 0) return intake.relieve();
      this.#pending = { cut: ledger.cut(), marks: this.#marks };
      this.#marks = new Map();
      await this.#write(this.#pending);
      const seconds = Math.max(0, clock.now() - startedMs) / 1000;
      this.#lastFlush = { events, seconds };
      metrics.flushed?.(events, seconds);
    } else await this.#write(this.#pending);
    this.#flushes++;
    intake.relieve();
    metrics.buffered?.(intake.buffered);
  }

  async #judgeBatch(): Promise<number> {
    const { intake, judge, ledger, limits, clock, logger, metrics } = this.#options;
    const marks = this.#snapshot();
    const isWhole = intake.waiting <= limits.flushEventsMax;
    const entries = intake.take(limits.flushEventsMax);
    if (entries.length > 0) {
      const { settled, observed, poison, open, fault } = await judge(entries);
      for (const { entry, verdict, first } of settled) intake.settle(entry, verdict, first);
      this.#observed.push(...observed);
      for (const { entry, reason } of poison) {
        const { id, sig, kind } = entry.event;
        const [first] = entry.sources;
        logger.warn({ id, relay: first?.url, reason }, 'an event cannot be stored and is left out');
        metrics.failed?.('event');
        if (first) ledger.quarantine({ id, sig, kind, reason, relay: first.relay, atMs: clock.now() });
        intake.settle(entry, 'refused');
      }
      this.#findForgers();
      intake.putBack(open);
      if (open.length > 0) throw fault instanceof Error ? fault : new Error('the door is not well');
    }
    if (isWhole) this.#marks = marks;
    return entries.length;
  }

  /** How far each relay has come: true once everything that is here now is written. */
  #snapshot(): Map<Source, number> {
    const nowSeconds = Math.floor(this.#options.clock.now() / 1000);
    const marks = new Map<Source, number>();
    for (const source of this.#options.sources()) {
      // A clock that was ahead for a while leaves no mark in the future.
      source.newest = Math.min(source.newest, nowSeconds);
      if (source.isCaughtUp && source.newest !== source.watermark) marks.set(source, source.newest);
    }
    return marks;
  }

  #findForgers(): void {
    const { sources, limits, forging } = this.#options;
    for (const source of sources()) {
      if (source.forged + source.genuine < limits.forgeriesMax) continue;
      const isForger = source.forged >= limits.forgeriesMax && source.forged > source.genuine;
      if (isForger) forging(source);
      // What was long ago counts half.
      source.forged = isForger ? 0 : source.forged / 2;
      source.genuine = isForger ? 0 : source.genuine / 2;
    }
  }

  async #observe(): Promise<void> {
    if (this.#observed.length === 0) return;
    await this.#options.observe?.(this.#observed);
    this.#observed = [];
  }

  async #write({ cut, marks }: Pending): Promise<void> {
    const { books, clock, lost } = this.#options;
    const watermarks = new Map([...marks].map(([{ relay }, second]) => [relay, second]));
    const others = await books.write({ cut, watermarks, accountedMs: clock.now() });
    this.#pending = undefined;
    for (const [source, second] of marks) source.watermark = second;
    if (others.size > 0) lost(others);
    this.#report(cut);
  }

  #report(cut: LedgerCut): void {
    const { metrics } = this.#options;
    const sums = { novel: 0, repeat: 0, invalid: 0, refused: 0 };
    for (const counts of cut.hours) {
      sums.novel += counts.novel;
      sums.repeat += counts.events - counts.novel + counts.repeats;
      sums.invalid += counts.invalid;
      sums.refused += counts.refused;
    }
    for (const [outcome, events] of Object.entries(sums)) {
      if (events > 0) metrics.received?.(outcome, events);
    }
  }
}
