import type {
  Authenticate,
  Clock,
  Deliver,
  Delivery,
  LiveSubscription,
  RelayPool,
  RelayStatus,
} from '@nostrata/network';
import {
  decryptNip44,
  encryptNip44,
  type Filter,
  formatRemoteRequest,
  getConversationKey,
  getPublicKey,
  getTagValues,
  InvalidError,
  Kind,
  type NostrEvent,
  parseEvent,
  parseRemoteResponse,
  type RemoteMethod,
  type RemoteResponse,
  signEvent,
  type Tag,
  verifyEvent,
} from '@nostrata/protocol';
import { SignerError } from '../errors.ts';
import { reasonCharactersMax, subscribeDeadlineMs, subscribeGraceMs } from './limits.ts';
import { createPendingRequests } from './pending-requests.ts';

/** What a remote signer needs of the network: a `RelayPool` that nobody else uses. */
export type SignerPool = Pick<RelayPool, 'subscribe' | 'send' | 'onState' | 'stop'>;

/** What a pool for a remote signer is made with; the same names as in the options of `createPool`. */
export interface PoolHooks {
  readonly deliver: Deliver;
  readonly authenticate: Authenticate;
  readonly clock: Clock;
}

/** What a channel is made of. */
export interface ChannelOptions {
  /** 32 bytes: the client's own key, not the user's. */
  readonly clientSecret: Uint8Array;
  readonly relays: readonly string[];
  /** Undefined until a signer has answered a `nostrconnect://` URL. */
  readonly remoteSigner?: string | undefined;
  readonly createPool: (hooks: PoolHooks) => SignerPool;
  readonly clock: Clock;
  /** Called with the page where the person has to sign in. */
  readonly onAuthUrl?: ((url: string) => void) | undefined;
  /** A text never used before, for the ids of requests. */
  readonly createId: () => string;
}

/** Requests and answers between a client and its remote signer, over relays (NIP-46). */
export interface RemoteChannel {
  readonly remoteSigner: string | undefined;
  readonly relays: readonly string[];
  /** Sends a request and waits for its answer. @throws SignerError */
  request(method: RemoteMethod, params: readonly string[], deadlineMs: number): Promise<string | null>;
  /** Waits for a signer that sends this secret back, and keeps to it from then on. @throws SignerError */
  accept(secret: string, deadlineMs: number): Promise<void>;
  /** Listens at other relays and sends there from then on. */
  move(relays: readonly string[]): Promise<void>;
  /** Idempotent; what still waits is rejected as `unreachable`. */
  stop(): Promise<void>;
}

/** Somebody who waits for the first word of a signer. */
interface Acceptor {
  readonly secret: string;
  resolve(author: string): void;
  reject(error: SignerError): void;
}

/** Opens a channel; nothing is sent before the first request. */
export function createRemoteChannel(options: ChannelOptions): RemoteChannel {
  const { clientSecret, clock, createId } = options;
  const client = getPublicKey(clientSecret);
  const pending = createPendingRequests(clock, options.onAuthUrl);
  const openedOnce = new Set<string>();
  let { remoteSigner, relays } = options;
  let subscription: LiveSubscription | undefined;
  let acceptor: Acceptor | undefined;
  let isStopped = false;

  const sign = (kind: number, tags: readonly Tag[], content: string): NostrEvent =>
    signEvent({ kind, created_at: Math.floor(clock.now() / 1_000), tags, content }, clientSecret);

  function receive(value: unknown): Delivery {
    const event = readEvent(value);
    if (!event) return 'forged';
    const isForUs = event.kind === Kind.remoteSigning && getTagValues(event, 'p').includes(client);
    const isExpected = remoteSigner === undefined ? acceptor !== undefined : event.pubkey === remoteSigner;
    if (!isForUs || !isExpected) return 'gone';
    if (!verifyEvent(event)) return 'forged';
    const response = readResponse(event, clientSecret);
    return response && takeResponse(response, event.pubkey) ? 'kept' : 'gone';
  }

  function takeResponse(response: RemoteResponse, author: string): boolean {
    if (acceptor === undefined) return pending.answer(response);
    const isSecret = response.type === 'result' && response.result === acceptor.secret;
    if (isSecret) acceptor.resolve(author);
    return isSecret;
  }

  /** The answer may have come while the connection was away; a signer knows a request that it has seen by its id. */
  function resendAfterReconnect({ relay, state }: RelayStatus): void {
    if (state !== 'open' || !relays.includes(relay)) return;
    if (openedOnce.has(relay)) for (const event of pending.events) void pool.send(event, relay);
    openedOnce.add(relay);
  }

  async function subscribe(): Promise<void> {
    if (isStopped) throw new SignerError('unreachable', 'signer has been stopped');
    const authors = remoteSigner === undefined ? {} : { authors: [remoteSigner] };
    const filters: Filter[] = [{ kinds: [Kind.remoteSigning], tags: { p: [client] }, ...authors }];
    const plan = new Map(relays.map((relay) => [relay, filters]));
    const next = pool.subscribe(plan, { graceMs: subscribeGraceMs, deadlineMs: subscribeDeadlineMs });
    const last = subscription;
    subscription = next;
    // An answer that comes before the subscription is open is lost for ever: relays do not keep it.
    await next.loaded;
    last?.close();
  }

  async function send(id: string, event: NostrEvent, deadlineMs: number): Promise<void> {
    const results = await Promise.all(relays.map((relay) => pool.send(event, relay, { deadlineMs })));
    // A relay that says nothing may still have handed the request on.
    if (results.some((result) => (result.type === 'ok' ? result.accepted : result.type === 'timeout'))) return;
    const reasons = results.map(({ reason }) => reason).join('; ');
    const words = `no relay takes requests for the signer: ${reasons}`.slice(0, reasonCharactersMax);
    pending.fail(id, new SignerError('unreachable', words));
  }

  function waitForSigner(secret: string, deadlineMs: number): Promise<string> {
    return new Promise<string>((resolve, reject) => {
      const cancel = clock.after(deadlineMs, () => {
        acceptor?.reject(new SignerError('timeout', `no remote signer answered within ${deadlineMs} ms`));
      });
      const end = (): void => {
        cancel();
        acceptor = undefined;
      };
      acceptor = {
        secret,
        resolve(author) {
          end();
          // At once, so that nobody else's answers are read from here on.
          remoteSigner = author;
          resolve(author);
        },
        reject(error) {
          end();
          reject(error);
        },
      };
    });
  }

  const pool = options.createPool({
    clock,
    deliver: async (value) => receive(value),
    authenticate: async (relay, challenge) =>
      sign(
        Kind.authentication,
        [
          ['relay', relay],
          ['challenge', challenge],
        ],
        '',
      ),
  });
  const endState = pool.onState(resendAfterReconnect);

  return {
    get remoteSigner() {
      return remoteSigner;
    },
    get relays() {
      return relays;
    },
    async request(method, params, deadlineMs) {
      if (!subscription || isStopped) await subscribe();
      if (remoteSigner === undefined) throw new SignerError('unreachable', 'no remote signer has answered yet');
      const id = createId();
      const text = formatRemoteRequest({ id, method, params });
      const content = encryptNip44(text, getConversationKey(clientSecret, remoteSigner));
      const event = sign(Kind.remoteSigning, [['p', remoteSigner]], content);
      const outcome = pending.add(id, event, deadlineMs);
      void send(id, event, deadlineMs);
      return outcome;
    },
    async accept(secret, deadlineMs) {
      const accepted = waitForSigner(secret, deadlineMs);
      await Promise.all([accepted, subscribe()]);
      await subscribe();
    },
    async move(next) {
      relays = next;
      await subscribe();
      // Answers to these would come where nobody listens any more.
      for (const event of pending.events) for (const relay of next) void pool.send(event, relay);
    },
    async stop() {
      if (isStopped) return;
      isStopped = true;
      endState();
      const error = new SignerError('unreachable', 'signer has been stopped');
      pending.failAll(error);
      acceptor?.reject(error);
      subscription?.close();
      await pool.stop();
    },
  };
}

function readEvent(value: unknown): NostrEvent | undefined {
  return ignoreInvalid(() => parseEvent(value));
}

function readResponse(event: NostrEvent, secret: Uint8Array): RemoteResponse | undefined {
  return ignoreInvalid(() =>
    parseRemoteResponse(decryptNip44(event.content, getConversationKey(secret, event.pubkey))),
  );
}

function ignoreInvalid<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidError) return undefined;
    throw error;
  }
}
