import { progressEveryMs } from '../limits.ts';
import { formatCount, formatSeconds, type Output } from './terminal.ts';

/** How far a long command has come. */
export interface ProgressState {
  readonly events: number;
  /** Work done, in the unit of `total`. */
  readonly done: number;
  /** Undefined where nobody knows. */
  readonly total: number | undefined;
}

/** One line on a terminal that is written over and over; silent elsewhere. */
export interface Progress {
  update(state: ProgressState): void;
  /** Takes the line away. */
  clear(): void;
}

/** One line on a terminal, whatever stands in it; silent elsewhere. */
export interface StatusLine {
  /** Asks for the text only where it is time to show it. */
  show(text: () => string): void;
  /** Takes the line away; the next `show` brings it back at once. */
  clear(): void;
}

/** Creates a status line. */
export function createStatusLine(output: Output, now: () => number): StatusLine {
  if (!output.isTTY) return { show: () => undefined, clear: () => undefined };
  let shownMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const write = (text: () => string): void => {
    clearTimeout(timer);
    timer = undefined;
    shownMs = now();
    output.write(`\r\x1b[K${text().slice(0, Math.max(20, (output.columns ?? 80) - 1))}`);
  };
  return {
    show(text) {
      const waitMs = shownMs + progressEveryMs - now();
      clearTimeout(timer);
      // The last state is shown too, though a little later, where nothing follows it.
      if (waitMs <= 0) write(text);
      else timer = setTimeout(write, waitMs, text).unref();
    },
    clear() {
      clearTimeout(timer);
      timer = undefined;
      if (Number.isFinite(shownMs)) output.write('\r\x1b[K');
      shownMs = Number.NEGATIVE_INFINITY;
    },
  };
}

/** Creates the progress line of a command. */
export function createProgress(output: Output, now: () => number, label: string): Progress {
  const line = createStatusLine(output, now);
  const startMs = now();
  let first: ProgressState | undefined;
  return {
    update(state) {
      first ??= state;
      const from = first;
      line.show(() => formatProgress(label, from, { state, seconds: (now() - startMs) / 1000 }));
    },
    clear: () => line.clear(),
  };
}

/** The text of a progress line: share, events, rate and the time that is left at this rate. */
function formatProgress(
  label: string,
  first: ProgressState,
  { state, seconds }: { readonly state: ProgressState; readonly seconds: number },
): string {
  const rate = seconds > 0 ? (state.events - first.events) / seconds : 0;
  const parts = [`${formatCount(state.events)} events`];
  if (seconds >= 0.5) parts.push(`${formatCount(rate)}/s`);
  if (state.total === undefined || state.total === 0) return `${label}  ${parts.join('  ')}`;
  const share = Math.min(1, state.done / state.total);
  const speed = (state.done - first.done) / seconds;
  if (seconds >= 1 && speed > 0) parts.push(`${formatSeconds((state.total - state.done) / speed)} left`);
  const width = 20;
  const filled = Math.round(share * width);
  return `${label}  ${'━'.repeat(filled)}${'─'.repeat(width - filled)} ${Math.floor(share * 100)}%  ${parts.join('  ')}`;
}
