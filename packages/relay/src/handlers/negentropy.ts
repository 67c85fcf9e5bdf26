import { answerNegentropy, createSyncItems, type Filter, InvalidError, type SyncItems } from '@nostrata/protocol';
import type { EventStore, Item } from '@nostrata/store';
import { sendNegErr } from '../answers.ts';
import type { Connection, Running } from '../connection.ts';
import type { Refusal, RelayLogger, RelayMetrics } from '../contract.ts';
import { createPages, type Pages, toReadOptions } from '../pages.ts';
import { checkRequest, type RequestRules } from '../request.ts';
import type { Scheduler, Task } from '../scheduler.ts';

/** What sync sessions are served with. */
export interface NegentropyOptions {
  readonly store: EventStore;
  readonly scheduler: Scheduler;
  readonly rules: RequestRules;
  readonly enabled: boolean;
  readonly now: () => number;
  readonly logger?: RelayLogger | undefined;
  readonly metrics?: RelayMetrics | undefined;
}

/** The handlers of NEG-OPEN, NEG-MSG and NEG-CLOSE. */
export interface NegentropyHandlers {
  readonly negOpen: (
    connection: Connection,
    id: string,
    request: { readonly filter: Filter; readonly message: string },
  ) => void;
  readonly negMsg: (connection: Connection, id: string, message: string) => void;
  readonly negClose: (connection: Connection, id: string) => void;
}

const switchedOff: Refusal = { prefix: 'unsupported', message: 'this relay does not sync (NIP-77)' };

/**
 * Creates the handlers of NIP-77. A session keeps the ids and times of what matched when it was opened; every message
 * is answered from them alone, so that a client may go on at its own pace until the session is idle for too long.
 */
export function createNegentropyHandlers(options: NegentropyOptions): NegentropyHandlers {
  const { scheduler, rules, enabled, metrics } = options;
  const { limits } = rules;
  const shared: SharedItems = { held: 0 };
  const sessions = new WeakMap<Running, Session>();

  const getSession = (connection: Connection, id: string): Session | undefined => {
    const running = connection.running.get(sessionName(id));
    return running && sessions.get(running);
  };
  const refuse = (connection: Connection, id: string, refusal: Refusal) => {
    metrics?.messageRejected?.('NEG-OPEN', refusal.prefix);
    sendNegErr(connection, id, refusal);
  };

  return {
    negOpen(connection, id, { filter, message }) {
      getSession(connection, id)?.end();
      const refusal = enabled ? checkRequest({ id, filters: [filter] }, connection, rules) : switchedOff;
      if (refusal) {
        refuse(connection, id, refusal);
        return;
      }
      const open = [...connection.running.keys()].filter((name) => name.startsWith(sessionName(''))).length;
      if (open >= limits.negSessionsPerConnectionMax) {
        const most = limits.negSessionsPerConnectionMax;
        refuse(connection, id, { prefix: 'rate-limited', message: `more than ${most} sync sessions are open` });
        return;
      }
      const session = new Session(connection, { id, filter, message }, { ...options, shared });
      sessions.set(session, session);
      connection.running.set(sessionName(id), session);
      if (scheduler.start(session, connection.queries)) return;
      session.end();
      refuse(connection, id, { prefix: 'rate-limited', message: 'too many queries are waiting' });
    },
    negMsg(connection, id, message) {
      const session = getSession(connection, id);
      if (session) session.answer(message);
      else sendNegErr(connection, id, { prefix: 'closed', message: 'no such sync session is open' });
    },
    negClose: (connection, id) => getSession(connection, id)?.end(),
  };
}

/** Items that all sessions of the relay hold together. */
interface SharedItems {
  held: number;
}

function sessionName(id: string): string {
  return `NEG ${id}`;
}

/** One sync session: gathers its items page by page, then answers. */
class Session implements Task, Running {
  isOver = false;
  isRunning = false;
  readonly #connection: Connection;
  readonly #request: { readonly id: string; readonly filter: Filter; readonly message: string };
  readonly #options: NegentropyOptions & { readonly shared: SharedItems };
  readonly #items: SyncItems = createSyncItems();
  readonly #beganAtMs: number;
  readonly #pages: Pages;
  #held = 0;
  #isReady = false;
  #heardAtMs: number;

  constructor(
    connection: Connection,
    request: { readonly id: string; readonly filter: Filter; readonly message: string },
    options: NegentropyOptions & { readonly shared: SharedItems },
  ) {
    this.#connection = connection;
    this.#request = request;
    this.#options = options;
    this.#beganAtMs = options.now();
    this.#heardAtMs = this.#beganAtMs;
    const { filter } = request;
    this.#pages = createPages({
      open: () => options.store.items(filter, toReadOptions([filter], connection.authenticated)),
      onPage: (page) => this.#onPage(page),
      onError: (error) => this.#onError(error),
    });
  }

  step(): void {
    this.#pages.next();
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#options.shared.held -= this.#held;
    this.#connection.running.delete(sessionName(this.#request.id));
    this.#options.scheduler.finish(this, this.#connection.queries);
    if (!this.#isReady) this.#pages.end();
  }

  sweep(nowMs: number): void {
    const { negIdleSeconds } = this.#options.rules.limits;
    if (!this.#isReady || nowMs - this.#heardAtMs < negIdleSeconds * 1_000) return;
    this.#fail({ prefix: 'closed', message: `nothing was heard for ${negIdleSeconds} seconds` });
  }

  /** Answers a message of the client. */
  answer(message: string): void {
    if (!this.#isReady) {
      this.#fail({ prefix: 'invalid', message: 'the answer to the first message was not waited for' });
      return;
    }
    const { now, rules, metrics } = this.#options;
    this.#heardAtMs = now();
    const { id } = this.#request;
    try {
      const answer = answerNegentropy(this.#items, message, { frameBytesMax: rules.limits.negFrameBytesMax });
      this.#connection.outbox.send(`["NEG-MSG",${JSON.stringify(id)},"${answer}"]`);
    } catch (error) {
      if (!(error instanceof InvalidError)) throw error;
      metrics?.messageRejected?.('NEG-MSG', 'invalid');
      this.#fail({ prefix: 'invalid', message: error.message });
    }
  }

  #onPage(page: IteratorResult<readonly Item[]>): void {
    if (this.isOver) return;
    if (page.done) {
      this.#ready();
      return;
    }
    const { shared, rules, scheduler } = this.#options;
    const { negItemsPerSessionMax, negItemsMax } = rules.limits;
    const { length } = page.value;
    if (this.#held + length > negItemsPerSessionMax || shared.held + length > negItemsMax) {
      const refusal: Refusal = { prefix: 'blocked', message: 'this query is too big' };
      this.#fail({ ...refusal, most: Math.min(negItemsPerSessionMax, negItemsMax) });
      return;
    }
    this.#held += length;
    shared.held += length;
    for (const { created_at, id } of page.value) this.#items.add(created_at, id);
    scheduler.continue(this);
  }

  #onError(error: unknown): void {
    if (this.isOver) return;
    this.#options.logger?.error({ err: error, connection: this.#connection.number }, 'a sync session failed');
    this.#fail({ prefix: 'error', message: 'the store could not be read' });
  }

  #ready(): void {
    const { scheduler, metrics, now } = this.#options;
    this.#isReady = true;
    scheduler.finish(this, this.#connection.queries);
    metrics?.queryAnswered?.('NEG-OPEN', (now() - this.#beganAtMs) / 1_000);
    this.answer(this.#request.message);
  }

  #fail(refusal: Refusal & { readonly most?: number }): void {
    this.end();
    sendNegErr(this.#connection, this.#request.id, refusal);
  }
}
