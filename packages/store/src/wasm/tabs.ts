import { StoreError } from '../errors.ts';
import type { LockManagerLike, MessageEnd } from './browser.ts';
import { type Calls, createCalls } from './calls.ts';
import type { Service, Session } from './serve.ts';
import type { Incoming, Request } from './wire.ts';

/** What the tab that leads runs: the only one that has the files open. */
export interface Lead {
  readonly service: Service;
  /** Ends after what was put is durable, and lets go of the files. */
  stop(): Promise<void>;
}

/** One tab among those that have a storage open. */
export interface Tab {
  /** Takes a request of the tab's page; it is answered here or by the tab that leads. */
  handle(request: Request): void;
  close(): Promise<void>;
}

/** What a tab joins with. */
export interface TabOptions {
  readonly name: string;
  /** A name that no other tab has. */
  readonly id: string;
  readonly locks: LockManagerLike;
  /** Opens a line to all other tabs. */
  readonly openChannel: (name: string) => MessageEnd;
  /** Sends to the tab's page. */
  readonly send: (message: Incoming) => void;
  /** Opens the files, when it is this tab's turn to lead. */
  readonly lead: () => Promise<Lead>;
}

type Notice =
  | { readonly type: 'hello' | 'leader' | 'bye'; readonly from: string }
  | { readonly type: 'request'; readonly from: string; readonly to: string; readonly request: Request }
  | { readonly type: 'message'; readonly to: string; readonly message: Incoming };

/**
 * Joins the tabs that share a storage. One lock decides who leads; the others send their requests to it. When the
 * leader ends, the next one gets the lock, and what was not answered is asked again, unless that could do it twice.
 */
export function joinTabs(options: TabOptions): Tab {
  return new SharingTab(options);
}

class SharingTab implements Tab {
  readonly #options: TabOptions;
  readonly #channel: MessageEnd;
  readonly #calls: Calls;
  readonly #closing = new AbortController();
  readonly #present = Promise.withResolvers<void>();
  readonly #leading = Promise.withResolvers<void>();
  readonly #sessions = new Map<string, Session>();
  #lead: Lead | undefined;
  #leader: string | undefined;
  /** Before its lock is held, a leader that is asked would take this tab for one that has gone. */
  #isPresent = false;
  #ended: Promise<unknown>;

  constructor(options: TabOptions) {
    this.#options = options;
    const { name, id, locks, send } = options;
    this.#calls = createCalls(send);
    this.#channel = options.openChannel(`nostrata ${name}`);
    this.#channel.onmessage = ({ data }) => this.#hear(data as Notice);
    // Held as long as this tab lives: the leader waits for it to know when the tab is gone.
    const { signal } = this.#closing;
    const presence = locks.request(tabLock(name, id), {}, async () => {
      this.#isPresent = true;
      this.#post({ type: 'hello', from: id });
      await this.#present.promise;
    });
    const leadership = locks.request(`nostrata ${name}`, { signal }, () => this.#run());
    this.#ended = Promise.allSettled([presence, leadership]);
  }

  handle(request: Request): void {
    const { id } = this.#options;
    const own = this.#sessions.get(id);
    this.#calls.note(request, own ? id : this.#leader);
    if (own) own.handle(request);
    else if (this.#leader !== undefined) this.#post({ type: 'request', from: id, to: this.#leader, request });
  }

  async close(): Promise<void> {
    const { id } = this.#options;
    this.#calls.failAll(new StoreError('the store is stopped'));
    this.#closing.abort();
    this.#leading.resolve();
    this.#present.resolve();
    await this.#ended;
    this.#post({ type: 'bye', from: id });
    this.#channel.close();
  }

  /** Leads until this tab closes. The lock is held meanwhile. */
  async #run(): Promise<void> {
    const { id, lead } = this.#options;
    try {
      this.#lead = await lead();
    } catch (error) {
      this.#calls.failFromNowOn(error);
      return;
    }
    this.#leader = id;
    this.#sessions.set(
      id,
      this.#lead.service.connect((message) => this.#answerOwn(message)),
    );
    this.#post({ type: 'leader', from: id });
    this.#askAgain();
    await this.#leading.promise;
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
    const { service, stop } = this.#lead;
    this.#lead = undefined;
    await service.settled();
    await stop();
  }

  #hear(notice: Notice): void {
    const { id } = this.#options;
    switch (notice.type) {
      case 'hello':
        if (this.#lead) this.#post({ type: 'leader', from: id });
        return;
      case 'leader':
        if (notice.from === this.#leader || this.#lead || !this.#isPresent) return;
        this.#leader = notice.from;
        this.#askAgain();
        return;
      case 'request':
        if (notice.to === id) this.#sessionOf(notice.from)?.handle(notice.request);
        return;
      case 'message':
        if (notice.to === id && !this.#lead) this.#answerOwn(notice.message);
        return;
      case 'bye':
        this.#drop(notice.from);
    }
  }

  #answerOwn(message: Incoming): void {
    if (!('commit' in message)) this.#calls.settle(message.number);
    this.#options.send(message);
  }

  /** Asks the leader, which is new, what the last one has not answered. */
  #askAgain(): void {
    for (const request of this.#calls.takeAgain(this.#leader)) this.handle(request);
  }

  #sessionOf(tab: string): Session | undefined {
    if (!this.#lead) return undefined;
    const known = this.#sessions.get(tab);
    if (known) return known;
    const session = this.#lead.service.connect((message) => this.#post({ type: 'message', to: tab, message }));
    this.#sessions.set(tab, session);
    const { locks, name } = this.#options;
    const { signal } = this.#closing;
    locks
      .request(tabLock(name, tab), { signal }, async () => this.#drop(tab))
      .catch(() => {
        // Only this tab's own end keeps the lock from being granted.
      });
    return session;
  }

  #drop(tab: string): void {
    this.#sessions.get(tab)?.close();
    this.#sessions.delete(tab);
  }

  #post(notice: Notice): void {
    this.#channel.postMessage(notice);
  }
}

function tabLock(name: string, id: string): string {
  return `nostrata ${name} tab ${id}`;
}
