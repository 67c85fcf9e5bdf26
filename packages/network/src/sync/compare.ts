import { createNegentropyClient, type Filter } from '@nostrata/protocol';
import type { NegotiationEnd, RelayPool } from '../contract.ts';
import { type Window, windowFilter } from './windows.ts';

/** What both sides have and the other has not. */
export interface Difference {
  readonly end: NegotiationEnd;
  /** Ids that only the relay has, and those that only we have. */
  readonly need: readonly string[];
  readonly have: readonly string[];
}

/** Bytes of one of our messages: its hex fits into the 128 KiB that strfry reads at most. */
const frameBytesMax = 50_000;

/** Ids of one window, about 100 bytes each; where there are more, the window is cut in half. */
const differenceMax = 200_000;

/** Compares our events of a window with the relay's (NIP-77). */
export async function compareWindow(
  pool: Pick<RelayPool, 'negotiate'>,
  relay: string,
  options: { readonly filter: Filter; readonly window: Window; readonly signal?: AbortSignal | undefined },
): Promise<Difference> {
  const { filter, window, signal } = options;
  const client = createNegentropyClient(window.items, { frameBytesMax });
  const need: string[] = [];
  const have: string[] = [];
  let isTooLarge = false;
  const end = await pool.negotiate(relay, {
    filter: windowFilter(filter, window),
    message: client.start(),
    next(message) {
      const round = client.next(message);
      for (const id of round.need) need.push(id);
      for (const id of round.have) have.push(id);
      isTooLarge = need.length + have.length > differenceMax && window.until > window.since;
      return isTooLarge ? null : round.message;
    },
    signal,
  });
  return { end: isTooLarge ? 'too-large' : end, need, have };
}
