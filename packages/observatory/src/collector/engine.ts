import type { CollectedStatus, CollectorFigures, CollectorOptions } from './contract.ts';
import type { Figures } from './figures.ts';
import { openParts, type Parts } from './parts.ts';

/** What exists while a collector runs. */
export interface Engine {
  statuses(): readonly CollectedStatus[];
  figures(): CollectorFigures;
  flush(): Promise<boolean>;
  stop(): Promise<void>;
}

/** Opens the books, connects the parts and begins to collect. */
export async function startEngine(options: CollectorOptions, figures: Figures): Promise<Engine> {
  const engine = new RunningEngine(await openParts(options, figures));
  await engine.begin();
  return engine;
}

class RunningEngine implements Engine {
  readonly #parts: Parts;
  #ends: (() => void)[] = [];
  #isStopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async begin(): Promise<void> {
    const { options, limits, flusher, shares, figures, listen } = this.#parts;
    this.#ends.push(listen());
    flusher.start();
    figures.start();
    await shares.start();
    await this.#listSafely();
    if (options.onRelays) this.#ends.push(options.onRelays(() => void this.#listSafely()));
    this.#every(limits.pruneMs, () => this.#prune());
    this.#every(limits.leaseRoundMs, () => this.#findLost());
  }

  statuses(): readonly CollectedStatus[] {
    const statusByUrl = new Map(this.#parts.pool.statuses().map((status) => [status.relay, status]));
    return Array.from(this.#parts.roster.sessions(), ({ source }) => {
      const { relay, url, isConnected, isCaughtUp, watermark } = source;
      const { attempts: failures = 0, lastFailure } = statusByUrl.get(url) ?? {};
      return { relay, url, isConnected, isCaughtUp, watermark, failures, lastFailure };
    });
  }

  figures(): CollectorFigures {
    const { roster, intake, flusher } = this.#parts;
    let connected = 0;
    for (const { source } of roster.sessions()) if (source.isConnected) connected++;
    return { relays: roster.size, connected, buffered: intake.buffered, ...flusher.figures };
  }

  flush(): Promise<boolean> {
    return this.#parts.flusher.flush();
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const { pool, roster, flusher, figures, account, shares, options } = this.#parts;
    for (const end of this.#ends) end();
    figures.stop();
    shares.pause();
    account(true);
    // First with the watermarks of this moment, then what came until the connections were closed.
    await flusher.flush();
    roster.stop();
    await pool.stop();
    const isWritten = await flusher.flush();
    if (!isWritten) options.logger.error({}, 'what was collected last is not written; it is asked for again');
    flusher.stop();
    await shares.release();
  }

  async #list(): Promise<void> {
    const { options, choose } = this.#parts;
    await choose(await options.relays());
  }

  /** Where the list or the database is away, it is tried again. */
  async #listSafely(): Promise<void> {
    if (this.#isStopped) return;
    try {
      await this.#list();
    } catch (error) {
      this.#parts.failed('relays', error);
      this.#ends.push(this.#parts.options.clock.after(this.#parts.limits.retryMsMax, () => void this.#listSafely()));
    }
  }

  /** A collector that the others took for dead learns here that its relays are theirs. */
  async #findLost(): Promise<void> {
    const { books, roster, shares, failed } = this.#parts;
    const relays = Array.from(roster.sessions(), ({ source }) => source.relay);
    try {
      const lost = await books.findLost(relays);
      shares.lose(lost);
      roster.drop(lost);
    } catch (error) {
      failed('books', error);
    }
  }

  async #prune(): Promise<void> {
    const { books, limits, options, failed } = this.#parts;
    const { overlapSeconds, quarantineRows } = limits;
    const oldestSecond = Math.floor(options.clock.now() / 1000) - oldestPairSeconds;
    // Sessions step back a little further than the overlap.
    try {
      await books.prune({ overlapSeconds: overlapSeconds + 60, oldestSecond, quarantineRows });
      const step = { beforeMs: options.clock.now() - limits.sightingMs, rows: limits.sightingRowsAtOnce };
      for (let count = 0; count < limits.sightingSteps && !this.#isStopped; count++) await books.pruneSightings(step);
    } catch (error) {
      failed('prune', error);
    }
  }

  #every(milliseconds: number, work: () => Promise<void>): void {
    let cancel = (): void => undefined;
    const next = (): void => {
      cancel = this.#parts.options.clock.after(milliseconds, () => {
        void work().finally(() => {
          if (!this.#isStopped) next();
        });
      });
    };
    next();
    this.#ends.push(() => cancel());
  }
}

/** Fingerprints of events older than two days are thrown away even where a relay was never caught up with. */
const oldestPairSeconds = 172_800;
