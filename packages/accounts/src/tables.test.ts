import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSqlite } from '@nostrata/database';
import { migrateAccounts } from './tables.ts';

/** What requests and jobs of every minute ask, by what it is for. */
const questions: Readonly<Record<string, string>> = {
  'ended sessions': 'SELECT id FROM session WHERE (expires_ms <= $1 OR revoked_ms <= $1) LIMIT 1000',
  'sessions of a user': 'SELECT id FROM session WHERE user_id = $1 AND revoked_ms IS NULL AND expires_ms > $2',
  'keys that a key replaced': 'SELECT id FROM api_key WHERE user_id = $1 AND replaced_by = $2 AND expires_ms > $3',
  admins: `SELECT id FROM account_user WHERE role = 'admin' AND state = 'active'`,
  'people by role': 'SELECT id FROM account_user WHERE role = $1 ORDER BY created_ms DESC, id DESC LIMIT 51',
  'the log by actor': 'SELECT seq FROM audit_log WHERE actor = $1 AND seq < $2 ORDER BY seq DESC LIMIT 101',
  'the log by entity': 'SELECT seq FROM audit_log WHERE entity = $1 ORDER BY seq DESC LIMIT 101',
  'the log by action': 'SELECT seq FROM audit_log WHERE action = $1 ORDER BY seq DESC LIMIT 101',
  'history of a pubkey': 'SELECT id FROM name_change WHERE (from_pubkey = $1 OR to_pubkey = $1) AND at_ms <= $2',
  'old claims': `SELECT id FROM domain WHERE state = 'pending' AND created_ms <= $1 LIMIT 100`,
};

for (const [what, sql] of Object.entries(questions)) {
  test(`${what}: found by an index, in its order, however many rows there are`, async () => {
    await using database = openSqlite(':memory:');
    await migrateAccounts(database);
    const rows = await database.query<{ detail: string }>(
      `EXPLAIN QUERY PLAN ${sql}`,
      [1, 1, 1].slice(0, countOf(sql)),
    );
    const plan = rows.map(({ detail }) => detail).join('; ');
    assert.ok(!/SCAN|TEMP B-TREE/.test(plan), plan);
  });
}

function countOf(sql: string): number {
  return new Set(sql.match(/\$\d/g)).size;
}
