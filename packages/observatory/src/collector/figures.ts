import type { Clock, LiveFigures, LiveReads } from '../contract.ts';

/** Counts what comes, and gives it out second by second. */
export interface Figures extends LiveReads {
  received(events: number): void;
  unique(kind: number): void;
  invalid(events: number): void;
  /** Begins to give a value each second. */
  start(): void;
  stop(): void;
}

/** What figures are made with. */
export interface FiguresOptions {
  readonly clock: Clock;
  /** Seconds kept. */
  readonly kept: number;
  connected(): number;
  /** A listener threw. */
  failed(error: unknown): void;
}

/** Creates figures of nothing. */
export function createFigures({ clock, kept, connected, failed }: FiguresOptions): Figures {
  const listeners = new Set<(figures: LiveFigures) => void>();
  const recent: LiveFigures[] = [];
  let received = 0;
  let unique = 0;
  let invalid = 0;
  let kinds = new Map<number, number>();
  let cancel = (): void => undefined;

  const tick = (): void => {
    cancel = clock.after(1_000, tick);
    const figures: LiveFigures = {
      atMs: clock.now(),
      received,
      unique,
      invalid,
      connected: connected(),
      kinds: Object.fromEntries(kinds),
    };
    received = 0;
    unique = 0;
    invalid = 0;
    kinds = new Map();
    recent.push(figures);
    if (recent.length > kept) recent.shift();
    for (const listener of listeners) {
      try {
        listener(figures);
      } catch (error) {
        failed(error);
      }
    }
  };
  return {
    received(events) {
      received += events;
    },
    unique(kind) {
      unique++;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    },
    invalid(events) {
      invalid += events;
    },
    start() {
      cancel();
      cancel = clock.after(1_000, tick);
    },
    stop: () => cancel(),
    recent: () => [...recent],
    onFigures(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
