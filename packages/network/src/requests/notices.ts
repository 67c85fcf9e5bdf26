import type { Clock } from '../contract.ts';
import type { Exchange } from './exchange.ts';
import type { Lanes } from './lanes.ts';

/** What reading notices needs. */
export interface NoticesOptions {
  readonly clock: Clock;
  readonly graceMs: number;
  readonly lanes: Lanes;
  /** EVENTs without an OK: a notice may mean one of them. */
  sendsPending(): number;
  /** Says whether the text is about limits that we can keep to. */
  teaches(text: string): boolean;
}

/**
 * Finds out which exchange a NOTICE ends. Relays without CLOSED refuse with it, and others only chat; so it ends the
 * exchange that it names, that it can be about by its words, or the only one without an answer where no answer follows.
 */
export function createNotices(options: NoticesOptions): (text: string) => void {
  const { clock, graceMs, lanes } = options;
  const unanswered = (): Exchange[] => [...lanes.active.values()].filter((each) => each.isAwaited && !each.hasAnswer);
  return (text) => {
    const message = { type: 'NOTICE', text } as const;
    const words = new Set(text.split(/[^A-Za-z0-9]+/));
    for (const [subId, exchange] of lanes.active) if (words.has(subId)) return exchange.receive(message);
    const open = unanswered();
    if (options.teaches(text)) return open.at(-1)?.receive(message);
    const negotiation = /\bneg/i.test(text) ? open.find(({ verb }) => verb === 'NEG-OPEN') : undefined;
    if (negotiation) return negotiation.receive(message);
    const [only] = open;
    const awaited = [...lanes.active.values()].filter(({ isAwaited }) => isAwaited);
    if (only === undefined || awaited.length !== 1 || options.sendsPending() > 0) return;
    clock.after(graceMs, () => {
      const isOpen = [...lanes.active.values()].includes(only);
      if (isOpen && only.isAwaited && !only.hasAnswer) only.receive(message);
    });
  };
}
