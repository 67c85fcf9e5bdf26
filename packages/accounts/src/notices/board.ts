import type { Clock, NoticeBoard, RandomBytes } from '../contract.ts';
import { createId } from '../ids.ts';

/** Creates the board that notices are written on. */
export function createNoticeBoard(clock: Pick<Clock, 'now'>, random: RandomBytes): NoticeBoard {
  return {
    async add(transaction, { userId, topic, payload }) {
      await transaction.query(
        `INSERT INTO notice (id, user_id, topic, payload, at_ms, state) VALUES ($1, $2, $3, $4, $5, 'new')`,
        [createId(random, 'ntc'), userId, topic, JSON.stringify(payload), clock.now()],
      );
    },
  };
}
