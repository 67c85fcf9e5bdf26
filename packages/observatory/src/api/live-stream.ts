import { addressToCount, Problem } from '@nostrata/http';
import type { Clock, LiveFigures, LiveReads } from '../contract.ts';
import { heartbeatMs, listenerQueueMax } from './limits.ts';
import type { ApiSettings } from './settings.ts';

/** Sends what happens now to many listeners as server-sent events. */
export interface LiveStream {
  /**
   * A stream that begins with the last minutes and goes on with each second.
   * @param lastEventId what an interrupted listener saw last: it gets only what came after
   * @throws Problem where there are too many listeners already
   */
  open(address: string, lastEventId: string | undefined): ReadableStream<Uint8Array>;
  readonly listeners: number;
}

/** What it follows. */
export interface LiveStreamOptions {
  readonly live: LiveReads;
  readonly clock: Clock;
  readonly settings: Pick<ApiSettings, 'listenersMax' | 'listenersPerAddressMax'>;
}

interface Listener {
  readonly address: string;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
}

/** Creates it; the figures are followed only while somebody listens. */
export function createLiveStream({ live, clock, settings }: LiveStreamOptions): LiveStream {
  const listeners = new Set<Listener>();
  const encoder = new TextEncoder();
  let ends: readonly (() => void)[] = [];
  const leave = (listener: Listener) => {
    if (!listeners.delete(listener) || listeners.size > 0) return;
    for (const end of ends) end();
    ends = [];
  };
  const send = (text: string) => {
    const piece = encoder.encode(text);
    for (const listener of listeners) {
      if ((listener.controller.desiredSize ?? 0) > 0) listener.controller.enqueue(piece);
      else {
        listener.controller.error(new Error('the listener is too slow'));
        leave(listener);
      }
    }
  };
  const follow = () => {
    let cancel = () => {};
    const beat = () => {
      send(': still here\n\n');
      cancel = clock.after(heartbeatMs, beat);
    };
    cancel = clock.after(heartbeatMs, beat);
    ends = [live.onFigures((figures) => send(toEvent(figures))), () => cancel()];
  };
  return {
    open(from, lastEventId) {
      const address = addressToCount(from);
      admit([...listeners], address, settings);
      let listener: Listener | undefined;
      const begin = `retry: 3000\n\n${toRecent(live.recent(), lastEventId)}`;
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            listener = { address, controller };
            controller.enqueue(encoder.encode(begin));
            listeners.add(listener);
            if (listeners.size === 1) follow();
          },
          cancel: () => listener && leave(listener),
        },
        { highWaterMark: listenerQueueMax },
      );
    },
    get listeners() {
      return listeners.size;
    },
  };
}

function admit(listeners: readonly Listener[], address: string, limits: LiveStreamOptions['settings']): void {
  const ofAddress = listeners.filter((listener) => listener.address === address).length;
  if (ofAddress >= limits.listenersPerAddressMax) {
    const message = `one address may have ${limits.listenersPerAddressMax} live streams: close another one`;
    throw new Problem(429, 'too-many-listeners', message);
  }
  if (listeners.length >= limits.listenersMax) {
    throw new Problem(503, 'too-many-listeners', `all ${limits.listenersMax} live streams are taken`);
  }
}

function toEvent(figures: LiveFigures): string {
  return `id: ${figures.atMs}\nevent: figures\ndata: ${JSON.stringify(figures)}\n\n`;
}

function toRecent(recent: readonly LiveFigures[], lastEventId: string | undefined): string {
  const lastMs = /^\d{1,16}$/.test(lastEventId ?? '') ? Number(lastEventId) : 0;
  return recent
    .filter(({ atMs }) => atMs > lastMs)
    .map(toEvent)
    .join('');
}
