import type { Filter } from '@nostrata/protocol';
import type { EventStore, StoredEvent } from '@nostrata/store';
import { sendClosed } from '../answers.ts';
import { isComplete, planLimits } from '../completeness.ts';
import type { Connection, Subscription } from '../connection.ts';
import type { RelayLogger, RelayMetrics } from '../contract.ts';
import type { RelayLimits } from '../limits.ts';
import type { Live } from '../live.ts';
import { countEntries } from '../live-index.ts';
import { createPages, type Pages, toReadOptions } from '../pages.ts';
import { checkRequest, type RequestRules } from '../request.ts';
import type { Scheduler, Task } from '../scheduler.ts';

/** What REQ is answered with. */
export interface ReqOptions {
  readonly store: EventStore;
  readonly live: Live;
  readonly scheduler: Scheduler;
  readonly rules: RequestRules;
  readonly now: () => number;
  readonly logger?: RelayLogger | undefined;
  readonly metrics?: RelayMetrics | undefined;
}

/**
 * Creates the handler of REQ (NIP-01): remember the position in the log, send what is stored, EOSE, then what came in
 * after that position: nothing is lost and nothing comes twice.
 */
export function createReqHandler(options: ReqOptions) {
  const { live, scheduler, rules, metrics } = options;
  const { limits } = rules;
  return (connection: Connection, id: string, filters: readonly Filter[]): void => {
    const former = connection.subscriptions.get(id);
    if (former) live.close(former);
    const refusal = checkRequest({ id, filters }, connection, rules) ?? checkRoom(connection, filters, limits);
    if (refusal) {
      metrics?.messageRejected?.('REQ', refusal.prefix);
      sendClosed(connection, id, refusal);
      return;
    }
    const subscription = live.open(connection, id, filters);
    const query = new StoredQuery(subscription, filters, options);
    subscription.endQuery = () => query.end();
    if (scheduler.start(query, connection.queries)) return;
    live.close(subscription);
    metrics?.messageRejected?.('REQ', 'rate-limited');
    sendClosed(connection, id, { prefix: 'rate-limited', message: 'too many queries are waiting' });
  };
}

function checkRoom(connection: Connection, filters: readonly Filter[], limits: RelayLimits) {
  const prefix = 'rate-limited' as const;
  if (connection.subscriptions.size >= limits.subscriptionsPerConnectionMax) {
    return { prefix, message: `more than ${limits.subscriptionsPerConnectionMax} subscriptions are open` };
  }
  const entries = filters.reduce((sum, filter) => sum + countEntries(filter), connection.liveEntries);
  if (entries <= limits.liveValuesPerConnectionMax) return undefined;
  return { prefix, message: 'the open subscriptions hold too many values' };
}

// A query whose page was there at once goes on in the same turn, mostly to its EOSE; milliseconds.
const quickStepMs = 1;

// Characters of events between two looks at whether the reader keeps up: a page of large events is many megabytes.
const burstCharacters = 65_536;

/** The stored part of one REQ: page after page, then EOSE. */
class StoredQuery implements Task {
  isOver = false;
  isRunning = false;
  readonly #subscription: Subscription;
  readonly #options: ReqOptions;
  readonly #limits: readonly number[];
  readonly #filters: readonly Filter[];
  readonly #beganAtMs: number;
  #steppedAtMs = 0;
  readonly #pages: Pages;
  #page: readonly StoredEvent[] = [];
  /** How much of the page is sent. */
  #at = 0;
  #sent = 0;
  #isCut = false;

  constructor(subscription: Subscription, filters: readonly Filter[], options: ReqOptions) {
    this.#subscription = subscription;
    this.#options = options;
    this.#beganAtMs = options.now();
    const plan = planLimits(filters, options.rules.limits);
    this.#filters = plan.filters;
    this.#limits = plan.limits;
    this.#pages = createPages({
      open: () => options.store.query(plan.filters, toReadOptions(plan.filters, subscription.connection.authenticated)),
      onPage: (page) => this.#onPage(page),
      onError: (error) => this.#onError(error),
    });
  }

  step(): void {
    this.#steppedAtMs = this.#options.now();
    if (this.#at < this.#page.length) this.#sendPage();
    else this.#advance();
  }

  #advance(): void {
    if (this.#filters.length === 0) {
      this.#finish();
      return;
    }
    this.#pages.next();
  }

  /** Ends the query without an answer: the client has closed it or gone away. */
  end(): void {
    if (this.isOver) return;
    this.#leave();
    this.#pages.end();
  }

  #onPage(page: IteratorResult<readonly StoredEvent[]>): void {
    if (this.isOver) return;
    if (page.done) {
      this.#finish();
      return;
    }
    this.#page = page.value;
    this.#at = 0;
    this.#sendPage();
  }

  /** Sends the page, or as much of it as the reader takes; the rest follows when it has. */
  #sendPage(): void {
    this.#send();
    const { outbox } = this.#subscription.connection;
    if (outbox.isCongested) outbox.onDrain(() => this.#options.scheduler.continue(this));
    else if (this.#options.now() - this.#steppedAtMs <= quickStepMs) this.#advance();
    else this.#options.scheduler.continue(this);
  }

  #onError(error: unknown): void {
    if (this.isOver) return;
    const { live, logger, metrics } = this.#options;
    const { connection, id } = this.#subscription;
    logger?.error({ err: error, connection: connection.number }, 'a query failed');
    metrics?.messageRejected?.('REQ', 'error');
    live.close(this.#subscription);
    sendClosed(connection, id, { prefix: 'error', message: 'the store could not be read' });
  }

  #send(): void {
    const { prefix, connection, position } = this.#subscription;
    const { live } = this.#options;
    const { outbox } = connection;
    const events = this.#page;
    // With a single filter one event more than the bound is asked for, only to know that there is more.
    const most = this.#limits.length === 1 ? (this.#limits[0] ?? 0) : Number.POSITIVE_INFINITY;
    let characters = 0;
    while (this.#at < events.length) {
      const event = events[this.#at] as StoredEvent;
      this.#at += 1;
      if (this.#sent >= most) {
        this.#isCut = true;
        this.#at = events.length;
        return;
      }
      if (event.seq > position) live.noteSent(this.#subscription, event.seq);
      outbox.sendSpliced(prefix, event.json);
      this.#sent += 1;
      characters += event.json.length;
      if (characters < burstCharacters) continue;
      if (outbox.isCongested) return;
      characters = 0;
    }
  }

  #finish(): void {
    const { live, metrics, now } = this.#options;
    const { connection, idJson } = this.#subscription;
    this.#leave();
    connection.outbox.send(`["EOSE",${idJson}${this.#hint()}]`);
    live.release(this.#subscription);
    metrics?.queryAnswered?.('REQ', (now() - this.#beganAtMs) / 1_000);
  }

  /** The hint of NIP-67, where it is certain. */
  #hint(): string {
    if (this.#isCut) return ',["more"]';
    return isComplete(this.#filters, this.#limits, this.#sent) ? ',["finish"]' : '';
  }

  #leave(): void {
    this.isOver = true;
    this.#subscription.endQuery = undefined;
    this.#options.scheduler.finish(this, this.#subscription.connection.queries);
  }
}
