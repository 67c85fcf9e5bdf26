import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** One way to change the tables of accounts behind the back of the program, and the command that tells. */
export interface Tampering {
  readonly what: string;
  readonly statements: readonly string[];
  readonly command: readonly string[];
  readonly told: RegExp;
}

const settled = `(SELECT id FROM payment WHERE state = 'settled' ORDER BY id LIMIT 1)`;
const check = ['accounts', 'check'];
const verify = ['audit', 'verify'];
const broken = /^entry \d+: it [^\n]+\n.*the log was tampered with/;

/** Each of them alone is found. */
export const tamperings: readonly Tampering[] = [
  {
    what: 'the amount of a payment is changed',
    statements: [`UPDATE payment SET amount = amount - 1000 WHERE id = ${settled}`],
    ...{ command: check, told: /its receipt has another amount/ },
  },
  {
    what: 'a payment is made one that was paid',
    statements: [`UPDATE payment SET state = 'settled' WHERE state = 'pending'`],
    ...{ command: check, told: /it is settled and has no receipt/ },
  },
  {
    what: 'a receipt is removed',
    statements: [`DELETE FROM receipt WHERE payment_id = ${settled}`],
    ...{ command: check, told: /it is settled and has no receipt/ },
  },
  {
    what: 'a receipt is changed',
    statements: [`UPDATE receipt SET document = replace(document, 'Example', 'Another') WHERE payment_id = ${settled}`],
    ...{ command: check, told: /it was changed after it was issued/ },
  },
  {
    what: 'a subscription is prolonged by hand',
    statements: ['UPDATE subscription SET period_end_ms = period_end_ms + 86400000'],
    ...{ command: check, told: /subscription/ },
  },
  {
    what: 'an entry of the audit log is changed',
    statements: [`UPDATE audit_log SET at_ms = at_ms + 1 WHERE seq = 2`],
    ...{ command: verify, told: broken },
  },
  {
    what: 'an entry of the audit log is removed',
    statements: ['DELETE FROM audit_log WHERE seq = 3'],
    ...{ command: verify, told: broken },
  },
];

/** Copies the tables to another folder and changes them there; what keeps them append-only is taken away first. */
export async function tamperWith(parts: {
  readonly from: string;
  readonly to: string;
  readonly statements: readonly string[];
}): Promise<void> {
  const { from, to, statements } = parts;
  const isOfAccounts = (path: string): boolean => path === from || /(accounts\.db(-\w+)?|relay-key)$/.test(path);
  await cp(from, to, { recursive: true, filter: isOfAccounts });
  const database = new DatabaseSync(join(to, 'accounts.db'));
  const guards = database.prepare(`SELECT name FROM sqlite_master WHERE type = 'trigger'`).all();
  for (const { name } of guards) database.exec(`DROP TRIGGER ${String(name)}`);
  for (const statement of statements) {
    if (database.prepare(statement).run().changes === 0) throw new Error(`nothing was changed by ${statement}`);
  }
  database.close();
}
