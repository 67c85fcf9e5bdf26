/**
 * The relays of the benchmark, in a process of their own: `feed-process.ts OPTIONS`. It signs its events first, listens,
 * and sends when its parent says so; slow readers are sent no more than they take.
 */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { seededRandom } from '@nostrata/testing';
import { chooseRelays, type PlayOptions, signEvents } from './plan.ts';
import { createRelayServer, encodeFrame, frameBytes, type RelaySocket, writeFrameHeader } from './relay-socket.ts';

/** What the process tells its parent. */
export type FeedMessage =
  | { readonly type: 'ready'; readonly urls: readonly string[] }
  | { readonly type: 'done'; readonly played: Played };

/** What was sent. */
export interface Played {
  readonly events: number;
  readonly deliveries: number;
  readonly bytes: number;
  /** From the first to the last, and until the last was taken. */
  readonly seconds: number;
}

const tickMs = 50;
/** Copies come from other relays within so long. */
const spreadTicks = 40;
/** Bytes that wait in one socket before it is sent no more. */
const waitingBytesMax = 1 << 18;
/** Deliveries that wait for all readers before no new events are sent. */
const heldMax = 100_000;

interface Reader {
  readonly socket: RelaySocket;
  /** The subscription that waits for what is new. */
  subscription: Buffer | undefined;
}

/** One relay: who reads, and the events (by place) that are to be sent. */
class FeedRelay {
  readonly server: Server;
  deliveries = 0;
  bytes = 0;
  #queue: number[] = [];
  readonly #readers = new Map<RelaySocket, Reader>();
  readonly #events: readonly Buffer[];

  constructor(events: readonly Buffer[]) {
    this.#events = events;
    this.server = createRelayServer({
      received: (socket, text) => this.#receive(socket, text),
      closed: (socket) => void this.#readers.delete(socket),
    });
  }

  get held(): number {
    return this.#queue.length;
  }

  get isTaken(): boolean {
    return this.held === 0 && [...this.#readers.values()].every(({ socket }) => socket.waitingBytes === 0);
  }

  queue(event: number): void {
    this.#queue.push(event);
  }

  /** Sends what waits, unless the reader is behind. */
  flush(): void {
    if (this.#queue.length === 0) return;
    const reader = [...this.#readers.values()].find(({ subscription }) => subscription !== undefined);
    if (reader?.subscription === undefined || reader.socket.waitingBytes > waitingBytesMax) return;
    const events = this.#queue.splice(0, 256).map((place) => this.#events[place] ?? Buffer.alloc(0));
    const frames = joinFrames(reader.subscription, events);
    reader.socket.write(frames);
    this.deliveries += events.length;
    this.bytes += frames.length;
  }

  #receive(socket: RelaySocket, text: string): void {
    const [verb, subscription, filter] = JSON.parse(text) as [string, string, { limit?: number } | undefined];
    const reader = this.#readers.get(socket) ?? { socket, subscription: undefined };
    this.#readers.set(socket, reader);
    const prefix = Buffer.from(`["EVENT",${JSON.stringify(subscription)},`);
    if (verb === 'REQ') {
      socket.write(encodeFrame(1, Buffer.from(JSON.stringify(['EOSE', subscription]))));
      if (filter?.limit === undefined) reader.subscription = prefix;
    } else if (verb === 'CLOSE' && reader.subscription?.equals(prefix)) reader.subscription = undefined;
  }
}

const close = Buffer.from(']');

function joinFrames(subscription: Buffer, events: readonly Buffer[]): Buffer {
  const lengths = events.map((event) => subscription.length + event.length + close.length);
  const target = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + frameBytes(length), 0));
  let at = 0;
  for (const [place, event] of events.entries()) {
    at = writeFrameHeader(target, at, { opcode: 1, length: lengths[place] ?? 0 });
    at += subscription.copy(target, at);
    at += event.copy(target, at);
    at += close.copy(target, at);
  }
  return target;
}

/** Sends all events in their time; resolves when the readers have taken them. */
async function play(relays: readonly FeedRelay[], { events, perMinute }: PlayOptions): Promise<Played> {
  const random = seededRandom('who has what');
  const slots: [relay: number, event: number][][] = Array.from({ length: spreadTicks + 1 }, () => []);
  const startMs = performance.now();
  let next = 0;
  let tick = 0;
  let lagMs = 0;
  const held = (): number => relays.reduce((sum, relay) => sum + relay.held, 0);
  const emit = (): void => {
    if (held() > heldMax) {
      // The readers are behind: what is not sent now is sent later, at the same rate.
      lagMs += tickMs;
      return;
    }
    const due = Math.min(events, Math.floor(((performance.now() - startMs - lagMs) * perMinute) / 60_000));
    for (; next < due; next++) {
      for (const [place, relay] of chooseRelays(random, relays.length).entries())
        slots[(tick + (place === 0 ? 0 : random.integer(spreadTicks))) % slots.length]?.push([relay, next]);
    }
  };
  const { promise, resolve } = Promise.withResolvers<Played>();
  const timer = setInterval(() => {
    emit();
    const slot = slots[tick % slots.length] ?? [];
    for (const [relay, event] of slot) relays[relay]?.queue(event);
    slot.length = 0;
    tick++;
    for (const relay of relays) relay.flush();
    if (next < events || slots.some(({ length }) => length > 0) || !relays.every(({ isTaken }) => isTaken)) return;
    clearInterval(timer);
    const sum = (field: 'deliveries' | 'bytes'): number => relays.reduce((total, relay) => total + relay[field], 0);
    const seconds = (performance.now() - startMs) / 1_000;
    resolve({ events, deliveries: sum('deliveries'), bytes: sum('bytes'), seconds });
  }, tickMs);
  return await promise;
}

/** This file is its own process. */
if (process.argv[1] === import.meta.filename) {
  const options = JSON.parse(process.argv[2] ?? '') as PlayOptions;
  const send = (message: FeedMessage): void => void process.send?.(message);
  process.on('disconnect', () => process.exit(0));
  const asked = once(process, 'message');
  const events = [...signEvents(options, Math.floor(Date.now() / 1_000))];
  const relays = Array.from({ length: options.relays }, () => new FeedRelay(events));
  for (const { server } of relays) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  send({ type: 'ready', urls: relays.map(({ server }) => `ws://127.0.0.1:${(server.address() as AddressInfo).port}`) });
  await asked;
  send({ type: 'done', played: await play(relays, options) });
}
