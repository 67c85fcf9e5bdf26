import { type DeliverParts, deliverDue } from './deliver.ts';
import { keptMs, roundsMax } from './limits.ts';
import { type SpreadParts, spreadNotices } from './spread.ts';

/** Brings notices to the hooks of those whom they are for. */
export interface NoticeDispatch {
  /**
   * Makes deliveries of new notices and sends what is due; one call at a time does it, others wait for it. To be called
   * every second or so, and by several processes as they like.
   */
  dispatch(): Promise<void>;
  /** Removes what is older than 30 days. To be called once a day. */
  prune(): Promise<void>;
}

/** Creates it. */
export function createNoticeDispatch(parts: DeliverParts & SpreadParts): NoticeDispatch {
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    for (let rounds = 0; rounds < roundsMax && (await spreadNotices(parts)) > 0; ) rounds += 1;
    for (let rounds = 0; rounds < roundsMax && (await deliverDue(parts)) > 0; ) rounds += 1;
  };
  return {
    async dispatch() {
      running ??= run().finally(() => {
        running = undefined;
      });
      await running;
    },
    async prune() {
      const beforeMs = parts.clock.now() - keptMs;
      await parts.database.transaction(async (transaction) => {
        await transaction.query(
          `DELETE FROM hook_delivery WHERE notice_id IN (SELECT id FROM notice WHERE at_ms < $1 AND state = 'spread')`,
          [beforeMs],
        );
        await transaction.query(`DELETE FROM notice WHERE at_ms < $1 AND state = 'spread'`, [beforeMs]);
      });
    },
  };
}
