import type { Filter } from '@nostrata/protocol';
import type { CountResult, EventStore } from '@nostrata/store';
import { sendClosed } from '../answers.ts';
import type { Connection } from '../connection.ts';
import type { Refusal, RelayLogger, RelayMetrics } from '../contract.ts';
import { toReadOptions } from '../pages.ts';
import { checkRequest, type RequestRules } from '../request.ts';
import type { Scheduler, Task } from '../scheduler.ts';

/** What COUNT is answered with. */
export interface CountOptions {
  readonly store: EventStore;
  readonly scheduler: Scheduler;
  readonly rules: RequestRules;
  readonly enabled: boolean;
  readonly now: () => number;
  readonly logger?: RelayLogger | undefined;
  readonly metrics?: RelayMetrics | undefined;
}

const switchedOff: Refusal = { prefix: 'unsupported', message: 'this relay does not count (NIP-45)' };

/** Creates the handler of COUNT (NIP-45): the exact number, with HyperLogLog registers where the NIP defines them. */
export function createCountHandler(options: CountOptions) {
  const { scheduler, rules, enabled, metrics } = options;
  return (connection: Connection, id: string, filters: readonly Filter[]): void => {
    connection.running.get(`COUNT ${id}`)?.end();
    const refusal = enabled ? checkRequest({ id, filters }, connection, rules) : switchedOff;
    if (refusal) {
      metrics?.messageRejected?.('COUNT', refusal.prefix);
      sendClosed(connection, id, refusal);
      return;
    }
    const task = new CountTask(connection, { id, filters, options });
    connection.running.set(task.name, task);
    if (scheduler.start(task, connection.queries)) return;
    task.end();
    metrics?.messageRejected?.('COUNT', 'rate-limited');
    sendClosed(connection, id, { prefix: 'rate-limited', message: 'too many queries are waiting' });
  };
}

class CountTask implements Task {
  isOver = false;
  isRunning = false;
  readonly name: string;
  readonly #connection: Connection;
  readonly #id: string;
  readonly #filters: readonly Filter[];
  readonly #options: CountOptions;
  readonly #abort = new AbortController();
  readonly #beganAtMs: number;

  constructor(
    connection: Connection,
    { id, filters, options }: { id: string; filters: readonly Filter[]; options: CountOptions },
  ) {
    this.name = `COUNT ${id}`;
    this.#connection = connection;
    this.#id = id;
    this.#filters = filters;
    this.#options = options;
    this.#beganAtMs = options.now();
  }

  step(): void {
    try {
      this.#options.store
        .count(this.#filters, {
          ...toReadOptions(this.#filters, this.#connection.authenticated),
          signal: this.#abort.signal,
        })
        .then(this.#answer, this.#fail);
    } catch (error) {
      // A store that is stopped says so at once.
      this.#fail(error);
    }
  }

  end(): void {
    if (this.isOver) return;
    this.#leave();
    this.#abort.abort();
  }

  readonly #answer = (result: CountResult): void => {
    if (this.isOver) return;
    this.#leave();
    const { count, hll } = result;
    const answer = hll === undefined ? { count } : { count, hll };
    this.#connection.outbox.send(JSON.stringify(['COUNT', this.#id, answer]));
    const { metrics, now } = this.#options;
    metrics?.queryAnswered?.('COUNT', (now() - this.#beganAtMs) / 1_000);
  };

  readonly #fail = (error: unknown): void => {
    // What was aborted has nobody left to tell.
    if (this.isOver) return;
    this.#leave();
    this.#options.logger?.error({ err: error, connection: this.#connection.number }, 'a count failed');
    sendClosed(this.#connection, this.#id, { prefix: 'error', message: 'the store could not be read' });
  };

  #leave(): void {
    this.isOver = true;
    this.#connection.running.delete(this.name);
    this.#options.scheduler.finish(this, this.#connection.queries);
  }
}
