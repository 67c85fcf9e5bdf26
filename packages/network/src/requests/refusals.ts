import { getReasonPrefix } from '@nostrata/protocol';
import { type Authentication, lostFault } from '../connection/authentication.ts';
import type { Clock } from '../contract.ts';
import type { NetworkLimits } from '../limits.ts';
import type { Ask } from './ask.ts';
import type { FrameSize } from './bundle.ts';
import type { Lanes } from './lanes.ts';
import type { Part } from './part.ts';
import type { RefusedRequest } from './relay-limits.ts';

/** What reacting to refusals needs. */
export interface RefusalsOptions {
  readonly clock: Clock;
  readonly limits: NetworkLimits;
  readonly lanes: Lanes;
  readonly authentication: Authentication;
  /** Takes over what the text teaches about limits: of subscriptions, or of the size of requests. */
  learn(text: string, asked: RefusedRequest): 'subscriptions' | 'size' | undefined;
  flush(): void;
  isAlive(ask: Ask): boolean;
}

/** What is done when a relay closes a request. */
export interface Refusals {
  /** CLOSED, or a NOTICE that means it. */
  refused(ask: Ask, part: Part, reason: string): void;
  /** A request has left. A live one without EOSE is made anew after a while: what is stored may never have come. */
  sent(ask: Ask, part: Part): void;
  /** The relay is asked nothing for a while, longer each time. */
  pause(): void;
  isPaused(): boolean;
  stop(): void;
}

/** Refusals after which the same request is refused again tomorrow. */
const lasting: ReadonlySet<string> = new Set([
  'blocked',
  'restricted',
  'invalid',
  'unsupported',
  'auth-required',
  'mute',
  'pow',
]);

/** How often a request is sent again after `rate-limited`. */
const pausesMax = 3;

/** Creates it. */
export function createRefusals(options: RefusalsOptions): Refusals {
  const { clock, limits, lanes, authentication, flush } = options;
  let pausedUntilMs = 0;
  let pauses = 0;
  /** The shared frame whose refusal was taken note of. */
  let handled: FrameSize | undefined;
  const cancels = new Set<() => void>();

  const later = (milliseconds: number, callback: () => void): void => {
    const cancel = clock.after(milliseconds, () => {
      cancels.delete(cancel);
      callback();
    });
    cancels.add(cancel);
  };
  const pause = (): void => {
    const now = clock.now();
    if (now < pausedUntilMs) return;
    // A quiet time of several pauses forgives.
    pauses = now - pausedUntilMs > 4 * limits.rateLimitMsMax ? 1 : pauses + 1;
    const waitMs = Math.min(limits.rateLimitMsMax, limits.rateLimitMs * 2 ** (pauses - 1));
    pausedUntilMs = now + waitMs;
    later(waitMs, () => {
      pausedUntilMs = clock.now();
      flush();
    });
  };
  const again = (part: Part): void => {
    lanes.again(part);
    flush();
  };
  const authenticate = async (ask: Ask, part: Part, reason: string): Promise<void> => {
    part.repeats.authenticated++;
    const fault = await authentication.acquire();
    if (!options.isAlive(ask)) return;
    if (fault === null || fault === lostFault) again(part);
    else part.finish(`${reason} (${fault})`);
  };
  const reopen = (ask: Ask, part: Part): void => {
    if (!options.isAlive(ask) || part.isDraining) return;
    lanes.remove(part, true);
    part.lost(Math.floor(clock.now() / 1000));
    again(part);
  };
  const reopenLater = (ask: Ask, part: Part): void => {
    if (!ask.hasLiveWaiters || part.repeats.reopened >= limits.reopensMax) return;
    later(limits.reopenMs * 2 ** part.repeats.reopened++, () => {
      if (!lanes.holds(part)) reopen(ask, part);
    });
  };
  return {
    refused(ask, part, reason) {
      const subscriptions = lanes.active.size;
      const shared = lanes.sharedSize(part);
      lanes.remove(part, false);
      const prefix = getReasonPrefix(reason);
      if (prefix === 'auth-required' && part.repeats.authenticated === 0) {
        void authenticate(ask, part, reason);
        return;
      }
      if (prefix === 'rate-limited' && part.repeats.paused++ < pausesMax) {
        pause();
        return again(part);
      }
      // The others of a frame are told the same in the next moment.
      if (shared !== undefined && shared === handled) return again(part);
      handled = shared;
      const learned = options.learn(reason, { subscriptions, ...part.size(), ...shared });
      if (learned === 'subscriptions') return again(part);
      if (shared !== undefined && part.isAwaited) {
        // Whose filters it means is not said: each asks alone, and so do all that follow, but where a limit was learned.
        if (learned === undefined) lanes.separate();
        return again(part);
      }
      if (learned === 'size' && ask.resplit(part)) return flush();
      part.finish(reason);
      if (prefix === undefined || !lasting.has(prefix)) reopenLater(ask, part);
      flush();
    },
    sent(ask, part) {
      const { sent, reopened } = part.repeats;
      if (!ask.hasLiveWaiters || reopened >= limits.reopensMax) return;
      later(limits.stallMs * 2 ** reopened, () => {
        if (part.repeats.sent !== sent || !part.isAwaited || !lanes.holds(part)) return;
        part.repeats.reopened++;
        reopen(ask, part);
      });
    },
    pause,
    isPaused: () => clock.now() < pausedUntilMs,
    stop() {
      for (const cancel of cancels) cancel();
    },
  };
}
