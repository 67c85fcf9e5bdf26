import type { Database, Queryable } from '@nostrata/database';
import { type NostrEvent, parseEvent, serializeEvent, type UnsignedEvent, verifyEvent } from '@nostrata/protocol';
import type { AccountsLogger, AccountsMetrics, Clock } from '../contract.ts';
import { headsMax } from './limits.ts';

/**
 * Kind of signed heads: the regular one of NIP-78. An addressable one (30078) could be replaced by whoever has the key,
 * and relays would forget what it said; of a regular one both versions stay, and show each other up.
 */
export const headKind = 78;

/** What heads are made with. */
export interface AuditHeadsParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: AccountsLogger;
  readonly metrics: AccountsMetrics;
  /** Signs with the key of the installation. */
  sign(event: Omit<UnsignedEvent, 'pubkey'>): NostrEvent | Promise<NostrEvent>;
  /** Hands an event to the own relay or to others; the same event may come again. */
  publish(event: NostrEvent): Promise<void>;
}

/** Signs how far the log has come, once a day. */
export interface AuditHeads {
  /** Signs the head of today unless it is or nothing was added, and publishes it. To be called every hour. */
  anchor(): Promise<void>;
}

/** What a head says: on this day (of 1970 on, UTC) the log had come to this entry. */
export interface LogHead {
  readonly day: number;
  readonly seq: number;
  readonly hash: string;
}

const dayMs = 86_400_000;

/** Creates them. Several processes may anchor at once: the first to write the row of the day has it. */
export function createAuditHeads(parts: AuditHeadsParts): AuditHeads {
  const { database, clock, publish, logger, metrics } = parts;
  let published = '';
  return {
    async anchor() {
      await signToday(parts, Math.floor(clock.now() / dayMs));
      const [last] = await database.query<{ event: string }>('SELECT event FROM audit_head ORDER BY day DESC LIMIT 1');
      if (last === undefined || last.event === published) return;
      try {
        // After a start once more: the process that signed it may have ended before it was published.
        await publish(parseEvent(JSON.parse(last.event)));
        published = last.event;
      } catch (error) {
        metrics.failed?.('audit-head');
        logger.warn({ err: error }, 'the signed head of the audit log could not be published and will be again');
      }
    },
  };
}

async function signToday({ database, clock, sign }: AuditHeadsParts, day: number): Promise<void> {
  const [before] = await database.query<HeadRow>('SELECT * FROM audit_head ORDER BY day DESC LIMIT 1');
  if (before !== undefined && Number(before.day) >= day) return;
  const [last] = await database.query<{ seq: number; hash: string }>(
    'SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1',
  );
  if (last === undefined || last.hash === before?.hash) return;
  const head = { day, seq: Number(last.seq), hash: last.hash };
  const previous = before && parseEvent(JSON.parse(before.event)).id;
  const event = await sign(toTemplate(head, { previous, nowMs: clock.now() }));
  await database.transaction((transaction) =>
    transaction.query('INSERT INTO audit_head (day, seq, hash, event) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING', [
      day,
      head.seq,
      head.hash,
      serializeEvent(event),
    ]),
  );
}

interface Making {
  /** Id of the head before: heads are a chain too. */
  readonly previous: string | undefined;
  readonly nowMs: number;
}

function toTemplate({ day, seq, hash }: LogHead, { previous, nowMs }: Making): Omit<UnsignedEvent, 'pubkey'> {
  const date = new Date(day * dayMs).toISOString().slice(0, 10);
  return {
    kind: headKind,
    created_at: Math.floor(nowMs / 1000),
    tags: [
      ['d', `${identifier}${date}`],
      ['x', hash],
      ['seq', String(seq)],
      ...(previous === undefined ? [] : [['e', previous]]),
      ['alt', `Audit log of ${date}: ${seq} entries, the last with hash ${hash}`],
    ],
    content: '',
  };
}

const identifier = 'nostrata-audit:';

/** Reads what an event says of the log; undefined where it is no head. */
export function parseHead({ kind, tags }: UnsignedEvent): LogHead | undefined {
  const first = (name: string): string => tags.find((tag) => tag[0] === name)?.[1] ?? '';
  const [d, hash, seq] = [first('d'), first('x'), first('seq')];
  const dateMs = Date.parse(`${d.slice(identifier.length)}T00:00:00Z`);
  const isHead = kind === headKind && d.startsWith(identifier) && Number.isFinite(dateMs);
  if (!isHead || !/^[1-9]\d{0,14}$/.test(seq) || !/^[0-9a-f]{64}$/.test(hash)) return undefined;
  return { day: Math.floor(dateMs / dayMs), seq: Number(seq), hash };
}

/** Says whether an event is signed, and by this pubkey where one is given. */
export function isSignedBy(event: NostrEvent, signer: string | undefined): boolean {
  return (signer === undefined || event.pubkey === signer) && verifyEvent(event) !== null;
}

interface HeadRow {
  readonly [column: string]: string | number;
  readonly day: number;
  readonly seq: number;
  readonly hash: string;
  readonly event: string;
}

/** A head as it is stored; without an event where what is stored is none. */
export interface StoredHead extends LogHead {
  readonly event: NostrEvent | undefined;
}

/** Reads the heads that were signed, the oldest first. */
export async function loadHeads(database: Queryable): Promise<StoredHead[]> {
  const rows = await database.query<HeadRow>('SELECT * FROM audit_head ORDER BY day LIMIT $1', [headsMax]);
  return rows.map(({ day, seq, hash, event }) => ({
    day: Number(day),
    seq: Number(seq),
    hash,
    event: tryEvent(event),
  }));
}

function tryEvent(text: string): NostrEvent | undefined {
  try {
    return parseEvent(JSON.parse(text));
  } catch {
    // The caller says of a head without an event that it is forged.
    return undefined;
  }
}
