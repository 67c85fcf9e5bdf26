import type { Database } from '@nostrata/database';
import { type NostrEvent, signEvent, type UnsignedEvent } from '@nostrata/protocol';
import { createFakeClock, createKeys } from '@nostrata/testing';
import { createAuditLog } from './append.ts';
import { createAuditHeads } from './heads.ts';

/** Who signs the heads in tests. */
export const signer = createKeys('audit');

/** A log with all it needs. */
export function createWorld(database: Database) {
  const clock = createFakeClock(Date.parse('2026-03-01T10:00:00Z'));
  const audit = createAuditLog(database, clock);
  const published: NostrEvent[] = [];
  const failed: string[] = [];
  const state = { isAway: false };
  const append = async (index: number): Promise<void> => {
    const entry = {
      actor: `user:usr_${index % 3}`,
      action: index % 2 === 0 ? 'key.created' : 'payment.settled',
      entity: `key:key_${index}`,
      details: { index, name: `n${index}`, isGood: index % 5 === 0, none: null },
    };
    await database.transaction((transaction) => audit.append(transaction, entry));
  };
  const createHeads = () =>
    createAuditHeads({
      database,
      clock,
      logger: { info: () => {}, warn: () => {}, error: () => {} },
      metrics: { failed: (where) => failed.push(where) },
      sign: (event: Omit<UnsignedEvent, 'pubkey'>) => signEvent(event, signer.secret),
      publish: async (event) => {
        if (state.isAway) throw new Error('relays are away');
        published.push(event);
      },
    });
  return {
    clock,
    audit,
    published,
    failed,
    state,
    createHeads,
    append,
    appendMany: async (count: number) => {
      for (let index = 0; index < count; index++) await append(index);
    },
    /** Somebody who may do anything with the database. */
    unguard: async () => {
      for (const table of ['audit_log', 'audit_head']) {
        if (database.dialect === 'postgres') {
          await database.query(`DROP TRIGGER ${table}_append_only ON ${table}`);
          continue;
        }
        await database.query(`DROP TRIGGER ${table}_no_update`);
        await database.query(`DROP TRIGGER ${table}_no_delete`);
      }
    },
  };
}
