import { runNextTurn } from '#platform';

/** Gathers what comes in one turn of the event loop, so that it is handled together in the next. */
export interface Ticker<T> {
  push(value: T): void;
}

/** A ticker that hands over at most `max` values a turn, in order; one immediate serves them all. */
export function createTicker<T>(max: number, handle: (values: readonly T[]) => void): Ticker<T> {
  let values: T[] = [];
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    runNextTurn(tick);
  }

  function tick(): void {
    isScheduled = false;
    const turn = values.length <= max ? values : values.splice(0, max);
    if (turn === values) values = [];
    else schedule();
    handle(turn);
  }

  return {
    push(value) {
      values.push(value);
      schedule();
    },
  };
}
