import type { Filter, NostrEvent } from '@nostrata/protocol';

/** Milliseconds since 1970, and timers: injected, so that tests and simulations own the time. */
export interface Clock {
  now(): number;
  /** Calls back once after that many milliseconds; the returned function takes it back. */
  after(milliseconds: number, callback: () => void): () => void;
}

/**
 * What the door said to an event that a relay sent. `kept`: stored or known before; `gone`: genuine, but replaced,
 * deleted, expired, vanished or unwanted here; `forged`: id or signature are wrong, which counts against the relay;
 * `failed`: the door could not judge (full disk, stopping), so the relay's answer does not count as complete.
 */
export type Delivery = 'kept' | 'gone' | 'forged' | 'failed';

/** Hands an event of a relay to the door and resolves when the verdict is durable. `event` is parsed JSON of any shape. */
export type Deliver = (event: unknown, relay: string) => Promise<Delivery>;

/**
 * Looks at an EVENT frame before it is parsed: `at` is where its subscription id ends, and what follows is the event
 * and `]`. True: the event is known, and nothing else is done about it. That is only heard where `isLive`: the frame is
 * of a live subscription after EOSE, whose events count for no answer.
 */
export type Recognize = (frame: string, at: number, isLive: boolean) => boolean;

/** Which filters go to which relay, by normalised URL. */
export type Plan = ReadonlyMap<string, readonly Filter[]>;

/**
 * How a relay's answer ended. `eose` is the only one that counts as answered; `closed`: CLOSED with a reason;
 * `timeout`: the deadline or the grace after another relay's EOSE; `unreachable`: no connection; `refused`: the URL may
 * not be dialled or the budget has no room; `aborted`: the caller's signal.
 */
export type AnswerEnd = 'eose' | 'closed' | 'timeout' | 'unreachable' | 'refused' | 'aborted';

/** What one relay's answer says of one filter. */
export interface FilterAnswer {
  readonly filter: Filter;
  /** Events that match it. */
  readonly events: number;
  /**
   * `created_at` of the newest of them, and of the oldest down to which the relay's answer has no gap, in seconds.
   * Of that last second itself there may be more. `oldest` is undefined where nothing came, or the answer did not
   * come to its end.
   */
  readonly oldest?: number | undefined;
  readonly newest?: number | undefined;
  /**
   * True where the relay has no more that matches: EOSE, and fewer events than the filter's limit and than the relay's
   * own cap, or the word `finish` (NIP-67). False where a page was cut: then nothing is known below `oldest`.
   */
  readonly complete: boolean;
}

/** One relay's part of a request. */
export interface RelayAnswer {
  readonly relay: string;
  readonly end: AnswerEnd;
  /** The text of CLOSED or NOTICE, or of the failure. */
  readonly reason?: string | undefined;
  readonly kept: number;
  readonly gone: number;
  readonly forged: number;
  /** Events that match none of the filters that were sent; they are not delivered. */
  readonly unasked: number;
  readonly filters: readonly FilterAnswer[];
  /** Milliseconds from sending to the first event, and to the end. */
  readonly firstEventMs?: number | undefined;
  readonly endMs: number;
}

/** How long a request waits. */
export interface LoadOptions {
  /**
   * `first`: ends a grace after the first EOSE (feeds); `all`: waits for every relay (before an edit). The deadline
   * ends both.
   */
  readonly settle?: 'first' | 'all' | undefined;
  /** Milliseconds after the first EOSE; 2,000 unless told. */
  readonly graceMs?: number | undefined;
  /** Milliseconds for the whole; 10,000 unless told. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Called with the answers of relays, each once, when it has ended and everything it sent has passed the door. */
export type OnAnswer = (answer: RelayAnswer) => void;

/** A subscription that stays open and is made anew after every reconnect, from where it had come. */
export interface LiveSubscription {
  /** The answers up to EOSE, by the same rule as `load`. */
  readonly loaded: Promise<readonly RelayAnswer[]>;
  /** Replaces the plan: relays and filters that stay are not asked again. */
  update(plan: Plan): void;
  close(): void;
}

/** What a relay made of one EVENT that was sent to it. */
export type SendResult =
  | { readonly type: 'ok'; readonly accepted: boolean; readonly reason: string }
  | { readonly type: 'timeout' | 'unreachable' | 'refused' | 'aborted'; readonly reason: string };

/** The states of a connection. */
export type ConnectionState = 'idle' | 'connecting' | 'authenticating' | 'open' | 'closing' | 'waiting' | 'given-up';

/** What is known of one relay's connection, for pages and budgets. */
export interface RelayStatus {
  readonly relay: string;
  readonly state: ConnectionState;
  readonly attempts: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly framesIn: number;
  readonly framesOut: number;
  /** REQ frames sent. */
  readonly requests: number;
  readonly forged: number;
  readonly connectedSinceMs?: number | undefined;
  readonly lastFailure?: string | undefined;
  /** The text of the last NOTICE or CLOSED. */
  readonly lastNotice?: string | undefined;
}

/** Answers a relay's challenge: a signed kind 22242 event, or undefined where the policy or the signer says no. */
export type Authenticate = (relay: string, challenge: string) => Promise<NostrEvent | undefined>;

/** A negentropy conversation with one relay (NIP-77). */
export interface NegotiationOptions {
  readonly filter: Filter;
  /** The first message, hex. */
  readonly message: string;
  /** Answers each NEG-MSG with the next message, or null when the sets are reconciled. */
  readonly next: (message: string) => string | null;
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * How a conversation ended; `unsupported` where the relay does not speak NIP-77 or refuses to; `too-large` where it
 * would, with fewer events.
 */
export type NegotiationEnd = 'reconciled' | 'unsupported' | 'too-large' | 'timeout' | 'unreachable' | 'aborted';

/** Outgoing relays, shared by every request of a program. */
export interface RelayPool extends AsyncDisposable {
  /** Asks relays once; resolves by `settle`, never later than the deadline, and never rejects because of a relay. */
  load(plan: Plan, options?: LoadOptions & { readonly onAnswer?: OnAnswer }): Promise<readonly RelayAnswer[]>;
  subscribe(plan: Plan, options?: LoadOptions & { readonly onAnswer?: OnAnswer }): LiveSubscription;
  /** Sends an event to one relay, once, and waits for its OK. After a reconnect the unanswered EVENT is sent again. */
  send(event: NostrEvent, relay: string, options?: Pick<LoadOptions, 'deadlineMs' | 'signal'>): Promise<SendResult>;
  /** NIP-45; undefined where the relay does not answer it. */
  count(
    filters: readonly Filter[],
    relay: string,
    options?: Pick<LoadOptions, 'deadlineMs' | 'signal'>,
  ): Promise<{ readonly count: number; readonly hll?: string | undefined } | undefined>;
  negotiate(relay: string, options: NegotiationOptions): Promise<NegotiationEnd>;
  statuses(): readonly RelayStatus[];
  /** Called at each change of a connection's state; returns the function that ends it. */
  onState(listener: (status: RelayStatus) => void): () => void;
  /** Says that the way out is gone or back (a browser's offline event): waiting connections are held or tried at once. */
  setOnline(isOnline: boolean): void;
  /** Idempotent; open requests end as `aborted`. */
  stop(): Promise<void>;
}
