import type { Database, Queryable } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import type { AuditLog, Checkout, NoticeBoard, PaymentAnswer } from '../contract.ts';
import { toIso } from '../times.ts';
import type { ChangeAnswer, NameAnswer } from './contract.ts';
import type { CoverReads } from './cover.ts';
import { changesListedMax, namesListedMax } from './limits.ts';
import { isServed, phaseOf } from './phases.ts';
import { readRelays } from './registry.ts';
import { type AddChange, addressOf, lockName, type NameRow, readName, toNameAnswer, toNameRow } from './rows.ts';
import type { NameSettings } from './settings.ts';

/** What holders do with their names. Other people's names are not found. */
export interface NameHolders {
  list(userId: string): Promise<{ readonly items: readonly NameAnswer[] }>;
  get(userId: string, id: string): Promise<NameAnswer>;
  setRelays(userId: string, id: string, relays: readonly string[]): Promise<NameAnswer>;
  renew(
    userId: string,
    id: string,
    asked: { readonly years: number; readonly provider?: string | undefined },
  ): Promise<PaymentAnswer>;
  /** Gives a name up: it is quarantined where it was served, free at once where it was only held. */
  giveUp(userId: string, id: string, actor?: string): Promise<void>;
  history(userId: string, id: string): Promise<{ readonly items: readonly ChangeAnswer[] }>;
}

/** What they are made of. */
export interface HolderParts {
  readonly database: Database;
  readonly clock: { now(): number };
  readonly audit: AuditLog;
  readonly notices: NoticeBoard;
  readonly settings: NameSettings;
  readonly cover: CoverReads;
  readonly checkout: Checkout;
  readonly addChange: AddChange;
  readonly changed: (name: { readonly host: string; readonly local: string }) => void;
}

/** Creates them. */
export function createNameHolders(parts: HolderParts): NameHolders {
  const { database, checkout } = parts;
  return {
    async list(userId) {
      const rows = await database.query(
        `SELECT * FROM name WHERE user_id = $1 AND is_current = 1 ORDER BY created_ms DESC, id LIMIT ${namesListedMax}`,
        [userId],
      );
      const items: NameAnswer[] = [];
      for (const row of rows) items.push(await toAnswer(parts, toNameRow(row)));
      return { items: items.filter(({ phase }) => phase !== 'free') };
    },
    get: async (userId, id) => await toAnswer(parts, await readOwn(database, userId, id)),
    async setRelays(userId, id, urls) {
      const relays = readRelays(urls);
      await database.transaction(async (transaction) => {
        const row = await lockOwn(transaction, userId, id);
        await transaction.query('UPDATE name SET relays = $2 WHERE id = $1', [id, JSON.stringify(relays)]);
        await parts.audit.append(transaction, {
          actor: `user:${userId}`,
          action: 'name.relays-changed',
          entity: `name:${row.id}`,
          details: { relays: relays.length },
        });
      });
      const row = await readOwn(database, userId, id);
      parts.changed(row);
      return await toAnswer(parts, row);
    },
    async renew(userId, id, { years, provider }) {
      await readOwn(database, userId, id);
      return await checkout.open({ userId, purchase: { kind: 'name', nameId: id, years }, provider });
    },
    giveUp: async (userId, id, actor) => await giveUp(parts, { userId, id, actor }),
    async history(userId, id) {
      await readOwn(database, userId, id);
      return await readHistory(database, id);
    },
  };
}

/** A name as its holder sees it, with what a plan covers of it. */
export async function toAnswer(
  { cover, clock, settings }: Pick<HolderParts, 'cover' | 'clock' | 'settings'>,
  row: NameRow,
): Promise<NameAnswer> {
  return toNameAnswer(row, await cover.coverOf(row), { nowMs: clock.now(), periods: settings.periods });
}

/** Reads a name of this user. @throws Problem 404 where it is none */
export async function readOwn(queryable: Queryable, userId: string, id: string): Promise<NameRow> {
  return requireOwn(await readName(queryable, id), userId);
}

/** Locks a name of this user. @throws Problem 404 where it is none */
export async function lockOwn(transaction: Queryable, userId: string, id: string): Promise<NameRow> {
  return requireOwn(await lockName(transaction, id), userId);
}

/** What happened to a name, the newest first. */
export async function readHistory(
  queryable: Queryable,
  id: string,
): Promise<{ readonly items: readonly ChangeAnswer[] }> {
  const rows = await queryable.query(
    `SELECT * FROM name_change WHERE name_id = $1 ORDER BY at_ms DESC, id LIMIT ${changesListedMax}`,
    [id],
  );
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return {
    items: rows.map((row) => ({
      id: String(row.id),
      at: toIso(Number(row.at_ms)),
      what: String(row.what),
      fromPubkey: text(row.from_pubkey),
      toPubkey: text(row.to_pubkey),
      evidence: text(row.evidence),
    })),
  };
}

function requireOwn(row: NameRow | undefined, userId: string): NameRow {
  if (row === undefined || row.userId !== userId || !row.isCurrent || row.pubkey === '') {
    throw new Problem(404, 'not-found', 'you have no such name');
  }
  return row;
}

interface GivingUp {
  readonly userId: string;
  readonly id: string;
  readonly actor?: string | undefined;
}

async function giveUp(parts: HolderParts, { userId, id, actor = `user:${userId}` }: GivingUp): Promise<void> {
  const { database, clock, settings, cover } = parts;
  const before = await readOwn(database, userId, id);
  const covered = await cover.coverOf(before);
  await database.transaction(async (transaction) => {
    const row = await lockOwn(transaction, userId, id);
    const nowMs = clock.now();
    const phase = phaseOf(row, covered, { nowMs, periods: settings.periods });
    if (row.endedMs !== null || phase === 'free') throw new Problem(404, 'not-found', 'you have no such name');
    const freeMs = phase === 'held' ? nowMs : nowMs + settings.periods.quarantineMs;
    await transaction.query('UPDATE name SET ended_ms = $2, free_ms = $3, phase_told = $4, due_ms = $5 WHERE id = $1', [
      id,
      nowMs,
      freeMs,
      freeMs > nowMs ? 'quarantine' : 'free',
      freeMs > nowMs ? freeMs : null,
    ]);
    await parts.addChange(transaction, { nameId: id, what: 'given-up', fromPubkey: row.pubkey });
    const payload = { id, address: addressOf(row), phase: freeMs > nowMs ? 'quarantine' : 'free' };
    await parts.notices.add(transaction, { userId, topic: 'name.changed', payload });
    const details = { wasServed: isServed(phase) };
    await parts.audit.append(transaction, {
      actor,
      action: 'name.given-up',
      entity: `name:${id}`,
      details,
    });
  });
  parts.changed(before);
}
