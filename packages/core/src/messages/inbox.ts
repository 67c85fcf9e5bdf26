import type { Database } from '@nostrata/database';
import type { LiveSubscription, RelayAnswer, RelayPool } from '@nostrata/network';
import { type Filter, Kind } from '@nostrata/protocol';
import { inboxDeadlineMs, inboxOverlapSeconds, inboxPageEvents, inboxPagesMax, sameSecondEvents } from './limits.ts';

/** What listening at inbox relays needs. */
export interface InboxOptions {
  readonly database: Database;
  readonly pool: Pick<RelayPool, 'load' | 'subscribe'>;
  readonly nowSeconds: () => number;
}

/** Gets gift wraps from the viewer's inbox relays into the store. */
export interface Inbox {
  /** Asks these relays for what is new and stays there; resolves with those that answered to the end. */
  listen(viewer: string, relays: readonly string[]): Promise<readonly string[]>;
  /** Listens nowhere any more, until it is told to again; what it was asking for is given up. */
  stop(): void;
}

/** Makes the inbox; it listens nowhere yet. */
export function createInbox({ database, pool, nowSeconds }: InboxOptions): Inbox {
  let subscription: LiveSubscription | undefined;
  let stops = 0;

  /** Up to which second everything of this relay is here. */
  async function loadComplete(viewer: string): Promise<Map<string, number>> {
    const rows = await database.query<{ relay: string; complete_to: number }>(
      'SELECT relay, complete_to FROM core_message_inbox WHERE viewer = $1',
      [viewer],
    );
    return new Map(rows.map(({ relay, complete_to }) => [relay, complete_to]));
  }

  async function setComplete(viewer: string, relay: string, to: number): Promise<void> {
    await database.query(
      `INSERT INTO core_message_inbox (viewer, relay, complete_to) VALUES ($1, $2, $3)
        ON CONFLICT (viewer, relay) DO UPDATE SET complete_to = excluded.complete_to`,
      [viewer, relay, to],
    );
  }

  /**
   * Goes back page by page to the beginning. A short page proves nothing: relays cut where they like and seldom say so.
   * Only a page that reaches no further back than it was asked to ends the search.
   */
  async function readBack(relay: string, filter: Filter, first: RelayAnswer): Promise<boolean> {
    const before = stops;
    let answer: RelayAnswer | undefined = first;
    let until: number | undefined;
    for (let page = 0; page < inboxPagesMax; page++) {
      const [given] = answer?.filters ?? [];
      if (answer?.end !== 'eose' || given === undefined || stops !== before) return false;
      if (given.oldest === undefined) return true;
      const isSameSecond = given.oldest === until;
      if (isSameSecond && given.events < sameSecondEvents) return true;
      until = isSameSecond ? given.oldest - 1 : given.oldest;
      const plan = new Map([[relay, [{ ...filter, until, limit: inboxPageEvents }]]]);
      [answer] = await pool.load(plan, { settle: 'all', deadlineMs: inboxDeadlineMs });
    }
    return false;
  }

  return {
    async listen(viewer, relays) {
      const startedAt = nowSeconds();
      const before = stops;
      const completeByRelay = await loadComplete(viewer);
      if (stops !== before) return [];
      const filterOf = (relay: string): Filter => {
        const complete = completeByRelay.get(relay);
        const filter = { kinds: [Kind.giftWrap], tags: { p: [viewer] } };
        return complete === undefined ? filter : { ...filter, since: Math.max(0, complete - inboxOverlapSeconds) };
      };
      const plan = new Map(relays.map((relay) => [relay, [filterOf(relay)]]));
      const next = pool.subscribe(plan, { settle: 'all', deadlineMs: inboxDeadlineMs });
      subscription?.close();
      subscription = next;
      const complete: string[] = [];
      for (const answer of await next.loaded) {
        if (stops !== before) break;
        if (!(await readBack(answer.relay, filterOf(answer.relay), answer))) continue;
        await setComplete(viewer, answer.relay, startedAt);
        complete.push(answer.relay);
      }
      return complete;
    },
    stop() {
      stops += 1;
      subscription?.close();
      subscription = undefined;
    },
  };
}
