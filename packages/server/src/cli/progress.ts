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

/** Creates the progress line of a command. */
export function createProgress(output: Output, now: () => number, label: string): Progress {
  if (!output.isTTY) return { update: () => undefined, clear: () => undefined };
  const startMs = now();
  let first: ProgressState | undefined;
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    update(state) {
      first ??= state;
      const nowMs = now();
      if (nowMs - shownMs < progressEveryMs) return;
      shownMs = nowMs;
      const line = formatProgress(label, first, { state, seconds: (nowMs - startMs) / 1000 });
      output.write(`\r\x1b[K${line.slice(0, Math.max(20, (output.columns ?? 80) - 1))}`);
    },
    clear() {
      if (Number.isFinite(shownMs)) output.write('\r\x1b[K');
    },
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
