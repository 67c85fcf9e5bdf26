import type { Queryable, SqlValue } from '@nostrata/database';
import { toIso } from '../times.ts';
import { listedMax } from './limits.ts';

/** Which entries are listed. */
export interface AuditFilter {
  /** The whole text: `payment:pay_…`. */
  readonly entity?: string | undefined;
  /** A verb, or with a dot at its end all that begin like this: `payment.settled`, `payment.`. */
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  /** Entries before this one; the newest unless told. */
  readonly beforeSeq?: number | undefined;
}

/** An entry as administrators see it. */
export interface AuditAnswer {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly entity: string;
  readonly details: Record<string, string | number | boolean | null>;
  readonly hash: string;
}

/** A page of entries, the newest first. */
export interface AuditPage {
  readonly items: AuditAnswer[];
  /** What to ask for as `beforeSeq` for those that follow; null at the end. */
  readonly nextSeq: number | null;
}

/** Lists entries of the log. */
export async function listAudit(database: Queryable, filter: AuditFilter): Promise<AuditPage> {
  const values: SqlValue[] = [];
  const put = (value: SqlValue): string => `$${values.push(value)}`;
  const conditions = [];
  if (filter.beforeSeq !== undefined) conditions.push(`seq < ${put(filter.beforeSeq)}`);
  if (filter.entity !== undefined) conditions.push(`entity = ${put(filter.entity)}`);
  if (filter.actor !== undefined) conditions.push(`actor = ${put(filter.actor)}`);
  if (filter.action?.endsWith('.')) {
    // A range, as engines differ in what LIKE makes of letters; '/' is the character after '.'.
    conditions.push(`action >= ${put(filter.action)} AND action < ${put(`${filter.action.slice(0, -1)}/`)}`);
  } else if (filter.action !== undefined) conditions.push(`action = ${put(filter.action)}`);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const rows = await database.query<EntryRow>(
    `SELECT seq, at_ms, actor, action, entity, details, hash FROM audit_log ${where}
      ORDER BY seq DESC LIMIT ${put(listedMax + 1)}`,
    values,
  );
  const items = rows.slice(0, listedMax).map(toAnswer);
  return { items, nextSeq: rows.length > listedMax ? (items.at(-1)?.seq ?? null) : null };
}

interface EntryRow {
  readonly [column: string]: string | number;
  readonly seq: number;
  readonly at_ms: number;
  readonly actor: string;
  readonly action: string;
  readonly entity: string;
  readonly details: string;
  readonly hash: string;
}

function toAnswer({ seq, at_ms, actor, action, entity, details, hash }: EntryRow): AuditAnswer {
  return {
    seq: Number(seq),
    at: toIso(at_ms),
    actor,
    action,
    entity,
    details: JSON.parse(details) as AuditAnswer['details'],
    hash,
  };
}
