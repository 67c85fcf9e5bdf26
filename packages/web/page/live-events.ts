import type { Filter, NostrEvent } from '@nostrata/protocol';
import { useEffect, useRef, useState } from 'preact/hooks';
import { subscribe } from './relay-subscription.ts';
import { useSurroundings } from './surroundings.ts';

/** What the stream has brought. */
export interface LiveEvents {
  /** The newest first. */
  readonly events: readonly NostrEvent[];
  /** Events that wait while the stream is paused; the oldest of many are dropped. */
  readonly waiting: number;
  /** New events each second over the last ten. */
  readonly rate: number;
  readonly state: 'connecting' | 'open' | 'lost';
  readonly reason: string;
}

/** Events that are kept to look at. */
const eventsMax = 300;
/** How often the list is drawn anew, however fast events come. */
const drawMs = 400;
const rateSeconds = 10;
/** How long after an end the stream is opened again. */
const againMs = 5_000;

/** Follows the page's own relay: what was stored last, then what comes. */
export function useLiveEvents(options: { kinds: readonly number[]; paused: boolean }): LiveEvents {
  const { openSocket, ownRelay, now } = useSurroundings();
  const [live, setLive] = useState<LiveEvents>({ events: [], waiting: 0, rate: 0, state: 'connecting', reason: '' });
  const paused = useRef(options.paused);
  paused.current = options.paused;
  const key = options.kinds.join();
  useEffect(() => {
    const buffer: NostrEvent[] = [];
    const times: number[] = [];
    let isStored = false;
    let close: () => void = () => undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    setLive({ events: [], waiting: 0, rate: 0, state: 'connecting', reason: '' });
    const open = (): void => {
      isStored = false;
      const filter: Filter = { limit: 50, ...(options.kinds.length > 0 ? { kinds: options.kinds } : {}) };
      close = subscribe({
        ...{ url: ownRelay, filters: [filter], storedOnly: false, openSocket },
        onEvent: (event) => {
          buffer.push(event);
          if (buffer.length > eventsMax) buffer.shift();
          if (isStored) times.push(now());
        },
        onStored: () => {
          isStored = true;
          setLive((old) => ({ ...old, state: 'open', reason: '' }));
        },
        onEnd: (reason) => {
          setLive((old) => ({ ...old, state: 'lost', reason }));
          again = setTimeout(open, againMs);
        },
      });
    };
    const draw = (): void => {
      while (times.length > 0 && (times[0] ?? 0) < now() - rateSeconds * 1000) times.shift();
      const rate = times.length / rateSeconds;
      const fresh = paused.current ? [] : buffer.splice(0);
      const waiting = buffer.length;
      setLive((old) => {
        if (fresh.length === 0 && old.waiting === waiting && old.rate === rate) return old;
        return { ...old, waiting, rate, events: merge(old.events, fresh) };
      });
    };
    open();
    const timer = setInterval(draw, drawMs);
    return () => {
      clearInterval(timer);
      clearTimeout(again);
      close();
    };
  }, [openSocket, ownRelay, now, key]);
  return live;
}

/** The newest first, each once: after a new connection the relay sends its last events again. */
function merge(old: readonly NostrEvent[], fresh: readonly NostrEvent[]): readonly NostrEvent[] {
  if (fresh.length === 0) return old;
  const known = new Set(old.map(({ id }) => id));
  const novel = fresh.filter(({ id }) => !known.has(id));
  return [...novel.reverse(), ...old].sort((a, b) => b.created_at - a.created_at).slice(0, eventsMax);
}
