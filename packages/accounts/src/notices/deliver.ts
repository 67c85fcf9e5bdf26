import type { Database, Queryable } from '@nostrata/database';
import { type Outgoing, OutgoingError } from '@nostrata/http';
import type { AccountsLogger, AccountsMetrics, AuditLog, Clock, NoticeBoard, RandomBytes } from '../contract.ts';
import type { Secrets } from '../secrets.ts';
import { toIso } from '../times.ts';
import { cancelDeliveries, testTopic } from './hooks.ts';
import {
  answerBytesMax,
  answerMsMax,
  claimedMax,
  claimedOfHookMax,
  failingMsMax,
  jitter,
  leaseMs,
  pausesMs,
} from './limits.ts';
import type { HookRow } from './rows.ts';
import { signMessage } from './signing.ts';

/** What deliveries are made with. */
export interface DeliverParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: RandomBytes;
  readonly audit: AuditLog;
  readonly notices: NoticeBoard;
  readonly secrets: Secrets;
  readonly outgoing: Outgoing;
  readonly logger: AccountsLogger;
  readonly metrics: AccountsMetrics;
}

/**
 * Sends what is due, and says how many deliveries that were. Each is claimed for a minute before it is sent: several
 * processes never send the same at once, and what a process took along when it was killed is due again after that. So
 * everything arrives at least once, and may arrive twice.
 */
export async function deliverDue(parts: DeliverParts): Promise<number> {
  const claimed = await claimDue(parts);
  await Promise.all(
    claimed.map(async (delivery) => {
      try {
        await deliver(parts, delivery);
      } catch (error) {
        // Its lease runs out and it is sent again.
        parts.metrics.failed?.('hook-delivery');
        parts.logger.error({ err: error, delivery: delivery.id }, 'a delivery could not be written down');
      }
    }),
  );
  return claimed.length;
}

interface Claimed {
  readonly [column: string]: string | number;
  readonly id: string;
  readonly hook_id: string;
  readonly notice_id: string;
  readonly attempts: number;
}

async function claimDue({ database, clock }: DeliverParts): Promise<readonly Claimed[]> {
  const nowMs = clock.now();
  return await database.transaction((transaction) =>
    transaction.query<Claimed>(
      `UPDATE hook_delivery SET next_ms = $1, attempts = attempts + 1
        WHERE next_ms <= $2 AND state = 'waiting' AND id IN (SELECT id FROM
          (SELECT id, next_ms, ROW_NUMBER() OVER (PARTITION BY hook_id ORDER BY next_ms, id) AS place
            FROM hook_delivery WHERE next_ms <= $2) AS due
          WHERE place <= $3 ORDER BY next_ms, id LIMIT $4)
        RETURNING id, hook_id, notice_id, attempts`,
      [nowMs + leaseMs, nowMs, claimedOfHookMax, claimedMax],
    ),
  );
}

/** How a delivery went: a status, or a word for why there is none. */
interface Outcome {
  readonly status: number | null;
  readonly failure: string | null;
}

async function deliver(parts: DeliverParts, delivery: Claimed): Promise<void> {
  const found = await loadMessage(parts.database, delivery);
  if (found === undefined) return await settle(parts, { delivery, isCancelled: true });
  const outcome = await send(parts, found);
  parts.metrics.delivery?.('hook', outcome.failure === null ? 'delivered' : 'failed');
  if (outcome.failure === null) return await settle(parts, { delivery, outcome });
  await settle(parts, { delivery, outcome, retryMs: pauseAfter(parts, found, Number(delivery.attempts)) });
}

type Message = Pick<HookRow, 'url' | 'generation' | 'rotated_ms'> & {
  readonly hook_id: string;
  readonly notice_id: string;
  readonly topic: string;
  readonly payload: string;
  readonly at_ms: number;
};

/** Undefined where nothing is to be sent any more: the hook is switched off or its owner suspended. */
async function loadMessage(database: Queryable, { hook_id, notice_id }: Claimed): Promise<Message | undefined> {
  const [message] = await database.query<Message>(
    `SELECT h.id AS hook_id, h.url, h.generation, h.rotated_ms, n.id AS notice_id, n.topic, n.payload, n.at_ms
      FROM hook h JOIN account_user u ON u.id = h.user_id JOIN notice n ON n.id = $1
      WHERE h.id = $2 AND h.state = 'active' AND u.state = 'active'`,
    [notice_id, hook_id],
  );
  return message;
}

async function send({ outgoing, secrets, clock }: DeliverParts, message: Message): Promise<Outcome> {
  const nowMs = clock.now();
  const seconds = Math.floor(nowMs / 1000);
  const timestamp = toIso(message.at_ms);
  const body = JSON.stringify({ type: message.topic, timestamp, data: JSON.parse(message.payload) });
  const rotatedMs = message.rotated_ms === null ? null : Number(message.rotated_ms);
  const hook = { id: message.hook_id, generation: Number(message.generation), rotatedMs, nowMs };
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': 'Nostrata-Webhooks/1',
    'webhook-id': message.notice_id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signMessage(secrets, hook, { id: message.notice_id, seconds, body }),
  };
  try {
    const bounds = { timeoutMs: answerMsMax, bytesMax: answerBytesMax };
    const { status } = await outgoing(message.url, { method: 'POST', headers, body, ...bounds });
    return { status, failure: status >= 200 && status < 300 ? null : 'status' };
  } catch (error) {
    // An answer that is too long came from a receiver that has read what was sent, but is no answer for us.
    if (error instanceof OutgoingError) return { status: null, failure: error.fault };
    throw error;
  }
}

/** Milliseconds to the next attempt; undefined after the last. */
function pauseAfter({ random }: DeliverParts, { topic }: Message, attempts: number): number | undefined {
  const pause = topic === testTopic ? undefined : pausesMs[attempts - 1];
  const [first = 0, second = 0] = random(2);
  return pause && Math.round(pause * (1 + (jitter * (first * 256 + second)) / 65_536));
}

interface Settling {
  readonly delivery: Claimed;
  readonly outcome?: Outcome | undefined;
  readonly isCancelled?: boolean | undefined;
  readonly retryMs?: number | undefined;
}

/** Writes down how it went. The hook's row comes first everywhere: deliveries of one hook wait for each other on it. */
async function settle({ database, ...parts }: DeliverParts, settling: Settling): Promise<void> {
  const { delivery, outcome, isCancelled } = settling;
  await database.transaction(async (transaction) => {
    const nowMs = parts.clock.now();
    const hasFailed = outcome !== undefined && outcome.failure !== null;
    const hook = hasFailed ? await noteFailure(transaction, delivery.hook_id, nowMs) : undefined;
    if (outcome !== undefined && !hasFailed) await noteSuccess(transaction, delivery.hook_id);
    const isRetried = hasFailed && settling.retryMs !== undefined;
    const state = isCancelled ? 'cancelled' : isRetried ? 'waiting' : hasFailed ? 'failed' : 'delivered';
    // Whoever took longer than the lease no longer has the say.
    const [mine] = await transaction.query(
      `UPDATE hook_delivery SET state = $1, next_ms = $2, last_status = $3, last_failure = $4, done_ms = $5
        WHERE id = $6 AND attempts = $7 AND state = 'waiting' RETURNING id`,
      [
        state,
        isRetried ? nowMs + (settling.retryMs ?? 0) : null,
        outcome?.status ?? null,
        outcome?.failure ?? null,
        isRetried ? null : nowMs,
        delivery.id,
        delivery.attempts,
      ],
    );
    if (mine === undefined || hook === undefined) return;
    const isGone = outcome?.status === 410;
    const isHopeless = hook.failing_since_ms !== null && nowMs - Number(hook.failing_since_ms) >= failingMsMax;
    if (isGone || isHopeless) await switchOff({ ...parts, database }, transaction, { hook, isGone });
  });
}

async function noteFailure(transaction: Queryable, hookId: string, nowMs: number): Promise<HookRow | undefined> {
  const [hook] = await transaction.query<HookRow>(
    `UPDATE hook SET failing_since_ms = COALESCE(failing_since_ms, $1) WHERE id = $2 AND state = 'active' RETURNING *`,
    [nowMs, hookId],
  );
  return hook;
}

async function noteSuccess(transaction: Queryable, hookId: string): Promise<void> {
  const sql = 'UPDATE hook SET failing_since_ms = NULL WHERE id = $1 AND failing_since_ms IS NOT NULL';
  await transaction.query(sql, [hookId]);
}

interface SwitchingOff {
  readonly hook: HookRow;
  /** The receiver said so with status 410. */
  readonly isGone: boolean;
}

async function switchOff(parts: DeliverParts, transaction: Queryable, { hook, isGone }: SwitchingOff): Promise<void> {
  const { id, user_id: userId } = hook;
  const reason = isGone ? 'gone' : 'failing';
  await transaction.query(`UPDATE hook SET state = 'disabled' WHERE id = $1`, [id]);
  await cancelDeliveries(transaction, id, parts.clock.now());
  await parts.notices.add(transaction, { userId, topic: 'hook.disabled', payload: { hookId: id, reason } });
  const entry = { actor: 'system', action: 'hook.disabled', entity: `hook:${id}`, details: { reason } };
  await parts.audit.append(transaction, entry);
}
