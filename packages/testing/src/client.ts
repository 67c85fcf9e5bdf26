import type { NostrEvent } from '@nostrata/protocol';
import { WebSocket } from 'ws';

/** A message of a relay, as it came: `['EVENT', 'sub', {…}]`. Nothing about it is checked. */
export type RelayFrame = readonly [verb: string, ...rest: unknown[]];

/** How to connect. */
export interface ClientOptions {
  /** Deadline of every wait; 10,000 ms unless told. */
  readonly timeoutMs?: number;
  /** Headers of the upgrade request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ask for permessage-deflate; off unless told. */
  readonly compression?: boolean;
}

/** What a subscription gave before it ended. */
export interface RequestResult {
  readonly events: readonly NostrEvent[];
  /** True where EOSE came; with NIP-67 its third part is in `frame`. */
  readonly eose: boolean;
  /** The reason, where the relay answered CLOSED. */
  readonly closed: string | undefined;
  /** The message that ended the wait. */
  readonly frame: RelayFrame;
}

/** The answer to EVENT or AUTH. */
export interface OkResult {
  readonly ok: boolean;
  readonly message: string;
}

/** The answer to COUNT: a count, or the reason of CLOSED. */
export interface CountAnswer {
  readonly count: number | undefined;
  readonly hll: string | undefined;
  readonly closed: string | undefined;
}

/** A WebSocket client for tests: it knows the frames of NIP-01, and trusts and hides nothing. */
export interface TestClient extends AsyncDisposable {
  /** Frames that nobody has waited for yet, oldest first. */
  readonly inbox: readonly RelayFrame[];
  /** Fulfilled when the connection has ended. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly isOpen: boolean;
  /** Sends a message as JSON: `send('REQ', 'sub', {})`. */
  send(verb: string, ...rest: readonly unknown[]): void;
  /** Sends a text frame as it is. */
  sendText(text: string): void;
  sendBinary(bytes: Uint8Array): void;
  /** Takes the first frame, come or coming, that fulfils the predicate out of the inbox. */
  waitFor(predicate: (frame: RelayFrame) => boolean, what?: string): Promise<RelayFrame>;
  /** REQ, then everything up to EOSE or CLOSED; the subscription stays open with `keepOpen`. */
  request(subId: string, filters: readonly object[], options?: { readonly keepOpen?: boolean }): Promise<RequestResult>;
  /** The next live event of a subscription. */
  nextEvent(subId: string): Promise<NostrEvent>;
  publish(event: NostrEvent): Promise<OkResult>;
  count(subId: string, filters: readonly object[]): Promise<CountAnswer>;
  /** Sends AUTH with a signed event and waits for its OK. */
  auth(event: NostrEvent): Promise<OkResult>;
  /** The challenge that the relay has sent or will send. */
  challenge(): Promise<string>;
  /** Stops reading from the socket, as a stalled client would. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

interface Waiter {
  readonly predicate: (frame: RelayFrame) => boolean;
  readonly resolve: (frame: RelayFrame) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Connects to a relay and waits until the connection is open. */
export async function connectClient(url: string, options: ClientOptions = {}): Promise<TestClient> {
  const { timeoutMs = 10_000, headers = {}, compression = false } = options;
  const socket = new WebSocket(url, { headers, perMessageDeflate: compression, handshakeTimeout: timeoutMs });
  const inbox = createInbox(timeoutMs);
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      inbox.end(new Error(`the connection ended with code ${code} ${reason}`));
      resolve({ code, reason: reason.toString() });
    });
  });
  socket.on('message', (data) => inbox.add(JSON.parse(data.toString()) as RelayFrame));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.on('error', reject);
  });
  return createClient(socket, inbox, closed);
}

type Inbox = ReturnType<typeof createInbox>;

function createInbox(timeoutMs: number) {
  const frames: RelayFrame[] = [];
  const waiters = new Set<Waiter>();
  let ended: Error | undefined;
  return {
    frames,
    add(frame: RelayFrame): void {
      for (const waiter of waiters) {
        if (!waiter.predicate(frame)) continue;
        clearTimeout(waiter.timer);
        waiters.delete(waiter);
        waiter.resolve(frame);
        return;
      }
      frames.push(frame);
    },
    end(error: Error): void {
      ended = error;
      for (const { timer, reject } of waiters) {
        clearTimeout(timer);
        reject(error);
      }
      waiters.clear();
    },
    take(predicate: (frame: RelayFrame) => boolean, what: string): Promise<RelayFrame> {
      const index = frames.findIndex(predicate);
      const found = frames[index];
      if (found) {
        frames.splice(index, 1);
        return Promise.resolve(found);
      }
      if (ended) return Promise.reject(new Error(`${ended.message}, waiting for ${what}`));
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiters.delete(waiter);
          const seen = frames.slice(-5).map((frame) => JSON.stringify(frame).slice(0, 200));
          reject(new Error(`waited ${timeoutMs} ms in vain for ${what}; last frames: ${seen.join(' ') || 'none'}`));
        }, timeoutMs);
        const waiter: Waiter = { predicate, resolve, reject, timer };
        waiters.add(waiter);
      });
    },
  };
}

function createClient(socket: WebSocket, inbox: Inbox, closed: TestClient['closed']): TestClient {
  const send = (...frame: readonly unknown[]): void => socket.send(JSON.stringify(frame));
  const waitFor: TestClient['waitFor'] = (predicate, what = 'a frame') => inbox.take(predicate, what);
  const answer = (subId: string, verbs: readonly string[]): Promise<RelayFrame> =>
    waitFor((frame) => frame[1] === subId && verbs.includes(frame[0]), `${verbs.join(' or ')} of ${subId}`);
  const okOf = async (id: string): Promise<OkResult> => {
    const [, , ok, message] = await answer(id, ['OK']);
    return { ok: ok === true, message: String(message ?? '') };
  };
  const close = async (): Promise<void> => {
    if (socket.readyState === WebSocket.OPEN) socket.close(1000);
    // A relay that does not answer the closing handshake must not hold up the test.
    const timer = setTimeout(() => socket.terminate(), 1_000);
    await closed;
    clearTimeout(timer);
  };
  return {
    inbox: inbox.frames,
    closed,
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    send,
    sendText: (text) => socket.send(text),
    sendBinary: (bytes) => socket.send(bytes, { binary: true }),
    waitFor,
    async request(subId, filters, { keepOpen = false } = {}) {
      send('REQ', subId, ...filters);
      const events: NostrEvent[] = [];
      for (;;) {
        const frame = await answer(subId, ['EVENT', 'EOSE', 'CLOSED']);
        if (frame[0] === 'EVENT') {
          events.push(frame[2] as NostrEvent);
          continue;
        }
        if (frame[0] === 'EOSE' && !keepOpen) send('CLOSE', subId);
        const reason = frame[0] === 'CLOSED' ? String(frame[2] ?? '') : undefined;
        return { events, eose: frame[0] === 'EOSE', closed: reason, frame };
      }
    },
    nextEvent: async (subId) => (await answer(subId, ['EVENT']))[2] as NostrEvent,
    publish(event) {
      send('EVENT', event);
      return okOf(event.id);
    },
    async count(subId, filters) {
      send('COUNT', subId, ...filters);
      const [verb, , body] = await answer(subId, ['COUNT', 'CLOSED']);
      if (verb === 'CLOSED') return { count: undefined, hll: undefined, closed: String(body ?? '') };
      const { count, hll } = body as { count: number; hll?: string };
      return { count, hll, closed: undefined };
    },
    auth(event) {
      send('AUTH', event);
      return okOf(event.id);
    },
    challenge: async () => String((await waitFor((frame) => frame[0] === 'AUTH', 'AUTH'))[1]),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
