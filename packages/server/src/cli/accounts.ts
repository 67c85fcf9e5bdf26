import { checkAccounts, verifyAudit } from '@nostrata/accounts';
import type { Database } from '@nostrata/database';
import { loadAuditHeads } from '../audit-heads.ts';
import { hasAccounts, openAccountsDatabase } from '../compose-accounts.ts';
import { composeStore } from '../compose-door.ts';
import { ConfigError } from '../config/errors.ts';
import { loadSelfPubkey } from '../self-key.ts';
import { exitCode } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { formatCount, print } from './terminal.ts';

/** `nostrata accounts check`: payments, entitlements, receipts, ledger and audit log have to agree. */
export async function runAccountsCheck({ settings, terminal, json }: Invocation): Promise<number> {
  await using database = await open(settings);
  const report = await checkAccounts(database);
  if (json) await print(terminal, JSON.stringify(report));
  else {
    for (const { entity, message } of report.findings) await print(terminal, `${entity}: ${message}`);
    const { payments, receipts, postings, findings } = report;
    const read = `${formatCount(payments)} payments, ${formatCount(receipts)} receipts, ${formatCount(postings)} postings`;
    const verdict = report.ok ? 'everything agrees' : `${formatCount(findings.length)} findings`;
    await print(terminal, `Checked ${read}: ${verdict}`);
  }
  return report.ok ? exitCode.ok : exitCode.failure;
}

/** `nostrata audit verify`: the chain of the audit log, and the heads that were signed of it. */
export async function runAuditVerify({ settings, host, terminal, json }: Invocation): Promise<number> {
  await using database = await open(settings);
  await using store = await composeStore({ settings, now: host.now });
  const signer = await loadSelfPubkey(settings.data);
  const published = signer === undefined ? [] : await loadAuditHeads(store, signer);
  const report = await verifyAudit(database, { signer, published });
  const { ok, entries, heads, firstBroken, head } = report;
  if (json) await print(terminal, JSON.stringify(report));
  else {
    const read = `${formatCount(entries)} entries and ${formatCount(heads)} signed heads`;
    if (firstBroken) await print(terminal, `entry ${firstBroken.seq}: ${faults[firstBroken.fault]}`);
    await print(terminal, `Checked ${read}: ${ok ? 'the chain is whole' : 'the log was tampered with'}`);
    if (head) await print(terminal, `Head: entry ${head.seq}, ${head.hash}`);
  }
  return ok ? exitCode.ok : exitCode.failure;
}

const faults: Readonly<Record<'changed' | 'unlinked' | 'missing' | 'head' | 'head-forged', string>> = {
  changed: 'it does not say what it said when it was written',
  unlinked: 'it does not follow the entry before it',
  missing: 'it is missing',
  head: 'a signed head says otherwise',
  'head-forged': 'a head of it is not signed by this installation',
};

async function open(settings: Invocation['settings']): Promise<Database> {
  if (await hasAccounts(settings)) return await openAccountsDatabase(settings);
  throw new ConfigError('there are no accounts here: nobody ever signed in with this data folder or store');
}
