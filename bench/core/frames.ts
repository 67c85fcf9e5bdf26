import type { NostrEvent } from '@nostrata/protocol';

/** Plain connections of the baseline: a REQ is a REQ, and nothing is kept. */
export interface FrameSession {
  /** Asks each relay once and gives everything that came before EOSE, CLOSED, the end of the connection or patience. */
  ask(urls: readonly string[], filter: object): Promise<NostrEvent[]>;
  /** Sends to each relay; rejects where none says yes. */
  publish(urls: readonly string[], event: NostrEvent): Promise<void>;
  close(): void;
}

type Frame = readonly [verb: string, ...rest: unknown[]];
type Listener = (frame: Frame) => void;

/** Creates the connections of one session. */
export function createSession(patienceMs: number): FrameSession {
  const openings = new Map<string, Promise<Link | undefined>>();
  const connect = (url: string): Promise<Link | undefined> => {
    const known = openings.get(url) ?? openLink(url, patienceMs);
    openings.set(url, known);
    return known;
  };
  let count = 0;
  const askOne = async (url: string, filter: object): Promise<NostrEvent[]> => {
    const link = await connect(url);
    if (!link) return [];
    const subId = `${++count}`;
    const events: NostrEvent[] = [];
    await link.exchange(['REQ', subId, filter], ([verb, id, event]) => {
      if (id !== subId) return false;
      if (verb === 'EVENT') events.push(event as NostrEvent);
      return verb === 'EOSE' || verb === 'CLOSED';
    });
    return events;
  };
  const publishTo = async (url: string, event: NostrEvent): Promise<void> => {
    const link = await connect(url);
    let isAccepted = false;
    await link?.exchange(['EVENT', event], ([verb, id, ok]) => {
      if (verb !== 'OK' || id !== event.id) return false;
      isAccepted = ok === true;
      return true;
    });
    if (!isAccepted) throw new Error(`${url} has not accepted it`);
  };
  return {
    ask: async (urls, filter) => (await Promise.all(urls.map((url) => askOne(url, filter)))).flat(),
    publish: (urls, event) => Promise.any(urls.map((url) => publishTo(url, event))),
    close() {
      for (const opening of openings.values()) void opening.then((link) => link?.close());
      openings.clear();
    },
  };
}

interface Link {
  /** Sends a frame and resolves when a frame ends the exchange, or nothing more can come. */
  exchange(frame: Frame, isEnd: (frame: Frame) => boolean): Promise<void>;
  close(): void;
}

async function openLink(url: string, patienceMs: number): Promise<Link | undefined> {
  const socket = new WebSocket(url);
  const listeners = new Set<Listener>();
  const isOpen = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), patienceMs);
    const end = (value: boolean) => (): void => {
      clearTimeout(timer);
      resolve(value);
    };
    socket.addEventListener('open', end(true));
    socket.addEventListener('error', end(false));
  });
  if (!isOpen) return undefined;
  const tell = (frame: Frame): void => {
    for (const listener of listeners) listener(frame);
  };
  socket.addEventListener('message', ({ data }) => tell(JSON.parse(String(data)) as Frame));
  socket.addEventListener('close', () => tell(['CLOSED']));
  return {
    exchange: (frame, isEnd) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          listeners.delete(listener);
          resolve();
        };
        const timer = setTimeout(end, patienceMs);
        const listener: Listener = (received) => {
          if (isEnd(received) || received.length === 1) end();
        };
        listeners.add(listener);
        socket.send(JSON.stringify(frame));
      }),
    close: () => socket.close(),
  };
}
