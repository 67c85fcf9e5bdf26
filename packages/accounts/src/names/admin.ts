import type { Database, Queryable, SqlRow } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import { isHex64 } from '@nostrata/protocol';
import type { AuditLog, NoticeBoard, RandomBytes } from '../contract.ts';
import { createId } from '../ids.ts';
import { toIso } from '../times.ts';
import type { FindUser, NameAnswer, RuleKind } from './contract.ts';
import type { CoverReads } from './cover.ts';
import { isAddressLocal } from './grammar.ts';
import { readHistory, toAnswer } from './holder.ts';
import { adminListMax, planLookMs } from './limits.ts';
import { type AddChange, addressOf, dueOf, lockName, type NameRow, readName, takeAddress, toNameRow } from './rows.ts';
import { everyHost } from './rules.ts';
import type { NameSettings } from './settings.ts';

/** A name as admins see it. */
export interface AdminNameAnswer extends NameAnswer {
  readonly userId: string;
}

/** A rule that an admin wrote. */
export interface RuleAnswer {
  /** `*` for every host where names are sold. */
  readonly host: string;
  readonly local: string;
  readonly rule: RuleKind;
  /** A year of it; null where the price follows from the length. */
  readonly priceMsat: number | null;
  readonly createdAt: string;
}

/** What admins do with names. `actor` is `user:<id>` or `operator`. */
export interface NameAdmin {
  /** The newest first; `search` is a part of the address, a pubkey or the id of a user. */
  list(asked: { readonly search?: string | undefined; readonly cursor?: string | undefined }): Promise<{
    readonly items: readonly AdminNameAnswer[];
    readonly next: string | null;
  }>;
  history(id: string): ReturnType<typeof readHistory>;
  /**
   * Takes a name from its holder, whose key is not theirs alone any more or who misused it. With a pubkey it goes to
   * that one's user, as long as it was paid for; without one anybody can have it at once.
   */
  release(
    actor: string,
    id: string,
    asked: { readonly reason: string; readonly pubkey?: string | undefined },
  ): Promise<AdminNameAnswer>;
  rules(asked: { readonly cursor?: string | undefined }): Promise<{
    readonly items: readonly RuleAnswer[];
    readonly next: string | null;
  }>;
  putRule(actor: string, rule: AskedRule): Promise<void>;
  /** @throws Problem 404 where there is none */
  deleteRule(actor: string, rule: Pick<AskedRule, 'host' | 'local'>): Promise<void>;
}

/** A rule as it is asked for. */
export interface AskedRule {
  readonly host: string;
  readonly local: string;
  readonly rule: RuleKind;
  readonly priceMsat?: number | null | undefined;
}

/** What they are made of. */
export interface AdminParts {
  readonly database: Database;
  readonly clock: { now(): number };
  readonly random: RandomBytes;
  readonly audit: AuditLog;
  readonly notices: NoticeBoard;
  readonly settings: NameSettings;
  readonly cover: CoverReads;
  readonly findUser: FindUser;
  readonly addChange: AddChange;
  readonly changed: (name: { readonly host: string; readonly local: string }) => void;
}

/** Creates them. */
export function createNameAdmin(parts: AdminParts): NameAdmin {
  const { database } = parts;
  return {
    list: async (asked) => await list(parts, asked),
    history: async (id) => await readHistory(database, id),
    release: async (actor, id, asked) => await release(parts, { actor, id, ...asked }),
    async rules({ cursor = '' }) {
      const rows = await database.query(
        `SELECT * FROM name_rule WHERE local > $1 ORDER BY local, host LIMIT ${adminListMax + 1}`,
        [cursor],
      );
      const items = rows.slice(0, adminListMax).map(toRuleAnswer);
      return { items, next: rows.length > adminListMax ? (items.at(-1)?.local ?? null) : null };
    },
    putRule: async (actor, rule) => await putRule(parts, actor, rule),
    async deleteRule(actor, { host, local }) {
      await database.transaction(async (transaction) => {
        const gone = await transaction.query('DELETE FROM name_rule WHERE host = $1 AND local = $2 RETURNING host', [
          host,
          local,
        ]);
        if (gone.length === 0) throw new Problem(404, 'not-found', 'there is no such rule');
        const entity = `name-rule:${local}@${host}`;
        await parts.audit.append(transaction, { actor, action: 'name-rule.deleted', entity, details: {} });
      });
    },
  };
}

async function list(
  parts: AdminParts,
  { search, cursor }: { readonly search?: string | undefined; readonly cursor?: string | undefined },
): ReturnType<NameAdmin['list']> {
  const [afterMs, afterId] = readCursor(cursor);
  // Wildcards of LIKE are characters of names too (`_`).
  const like = `%${(search ?? '').toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`;
  const rows = await parts.database.query(
    `SELECT * FROM name WHERE is_current = 1
        AND (local || '@' || host LIKE $1 ESCAPE '\\' OR pubkey = $2 OR user_id = $2)
        AND (created_ms < $3 OR (created_ms = $3 AND id < $4))
      ORDER BY created_ms DESC, id DESC LIMIT ${adminListMax + 1}`,
    [like, search ?? '', afterMs, afterId],
  );
  const shown = rows.slice(0, adminListMax).map(toNameRow);
  const items: AdminNameAnswer[] = [];
  for (const row of shown) items.push(await toAdminAnswer(parts, row));
  const last = rows.length > adminListMax ? shown.at(-1) : undefined;
  return { items, next: last ? `${last.createdMs}.${last.id}` : null };
}

function readCursor(cursor: string | undefined): [number, string] {
  if (cursor === undefined) return [Number.MAX_SAFE_INTEGER, ''];
  const [, ms, id] = /^(\d{1,15})\.(nam_[0-9A-Za-z]{1,40})$/.exec(cursor) ?? [];
  if (ms === undefined || id === undefined) throw new Problem(400, 'bad-cursor', 'cursor: not one of this list');
  return [Number(ms), id];
}

async function toAdminAnswer(parts: AdminParts, row: NameRow): Promise<AdminNameAnswer> {
  return { ...(await toAnswer(parts, row)), userId: row.userId };
}

interface AskedRelease {
  readonly actor: string;
  readonly id: string;
  readonly reason: string;
  readonly pubkey?: string | undefined;
}

async function release(parts: AdminParts, asked: AskedRelease): Promise<AdminNameAnswer> {
  const { database, findUser } = parts;
  const { pubkey } = asked;
  if (pubkey !== undefined && !isHex64(pubkey)) throw new Problem(400, 'bad-pubkey', 'pubkey: 64 hex digits');
  const row = await readName(database, asked.id);
  if (!row?.isCurrent) throw new Problem(404, 'not-found', 'there is no such name');
  const id = await database.transaction(async (transaction) => {
    const locked = await lockName(transaction, asked.id);
    if (!locked?.isCurrent) throw new Problem(404, 'not-found', 'there is no such name');
    const nowMs = parts.clock.now();
    await transaction.query(
      `UPDATE name SET ended_ms = $2, free_ms = $2, phase_told = 'free', due_ms = NULL WHERE id = $1`,
      [locked.id, nowMs],
    );
    const newId = pubkey === undefined ? undefined : await give(parts, transaction, { row: locked, pubkey, findUser });
    await recordRelease(parts, transaction, { row: locked, asked, newId });
    return newId ?? locked.id;
  });
  parts.changed(row);
  const after = await readName(database, id);
  return await toAdminAnswer(parts, after ?? row);
}

/** The name under an id of its own: what the holder before still pays for is not the new one's. */
async function give(
  parts: AdminParts,
  transaction: Queryable,
  { row, pubkey, findUser }: { readonly row: NameRow; readonly pubkey: string; readonly findUser: FindUser },
): Promise<string> {
  const nowMs = parts.clock.now();
  const isPaid = row.coverage === 'paid' && row.paidUntilMs !== null && row.endedMs === null;
  const times = {
    coverage: isPaid ? 'paid' : 'granted',
    heldUntilMs: null,
    paidUntilMs: isPaid ? row.paidUntilMs : null,
    endedMs: null,
    freeMs: null,
  } as const;
  const name = {
    ...times,
    id: createId(parts.random, 'nam'),
    host: row.host,
    local: row.local,
    userId: await findUser(transaction, pubkey),
    pubkey,
    relays: [],
    createdMs: nowMs,
    phaseTold: 'active',
    dueMs: dueOf(times, undefined, { nowMs, periods: parts.settings.periods, planLookMs }),
  } as const;
  const freed = { ...row, endedMs: nowMs, freeMs: nowMs };
  if (!(await takeAddress(transaction, name, freed)))
    throw new Problem(409, 'name-taken', 'the name was taken meanwhile');
  await parts.addChange(transaction, { nameId: name.id, what: 'granted', fromPubkey: row.pubkey, toPubkey: pubkey });
  const payload = { id: name.id, address: addressOf(row), phase: 'active' };
  await parts.notices.add(transaction, { userId: name.userId, topic: 'name.changed', payload });
  return name.id;
}

async function recordRelease(
  parts: AdminParts,
  transaction: Queryable,
  { row, asked, newId }: { readonly row: NameRow; readonly asked: AskedRelease; readonly newId: string | undefined },
): Promise<void> {
  const { actor, reason } = asked;
  await parts.addChange(transaction, {
    nameId: row.id,
    what: 'released',
    fromPubkey: row.pubkey,
    toPubkey: asked.pubkey,
    evidence: reason,
  });
  const payload = { id: row.id, address: addressOf(row), what: 'released' };
  await parts.notices.add(transaction, { userId: row.userId, topic: 'name.changed', payload });
  await parts.audit.append(transaction, {
    actor,
    action: 'name.released',
    entity: `name:${row.id}`,
    details: { from: row.userId, newName: newId ?? null },
  });
}

async function putRule(parts: AdminParts, actor: string, asked: AskedRule): Promise<void> {
  const { host, local, rule, priceMsat = null } = asked;
  if (!isAddressLocal(local)) throw new Problem(400, 'bad-name', 'local: letters a to z, digits, "-", "_" and "."');
  if (host !== everyHost && !parts.settings.hosts.includes(host)) {
    throw new Problem(400, 'unknown-host', 'host: one where names are sold, or * for all of them');
  }
  if (priceMsat !== null && !(Number.isSafeInteger(priceMsat) && priceMsat > 0)) {
    throw new Problem(400, 'bad-price', 'priceMsat: a whole number of millisatoshi');
  }
  if (rule === 'premium' && priceMsat === null) throw new Problem(400, 'bad-price', 'a premium name needs its price');
  await parts.database.transaction(async (transaction) => {
    await transaction.query(
      `INSERT INTO name_rule (host, local, rule, price_msat, created_ms) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (host, local) DO UPDATE SET rule = excluded.rule, price_msat = excluded.price_msat`,
      [host, local, rule, priceMsat, parts.clock.now()],
    );
    const entity = `name-rule:${local}@${host}`;
    await parts.audit.append(transaction, { actor, action: 'name-rule.put', entity, details: { rule, priceMsat } });
  });
}

function toRuleAnswer(row: SqlRow): RuleAnswer {
  return {
    host: String(row.host),
    local: String(row.local),
    rule: String(row.rule) as RuleKind,
    priceMsat: row.price_msat === null ? null : Number(row.price_msat),
    createdAt: toIso(Number(row.created_ms)),
  };
}
