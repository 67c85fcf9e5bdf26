import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkProvider } from '@nostrata/accounts';
import { checkAccountsSettings } from '../accounts-settings.ts';
import { hasAccounts, openAccountsDatabase } from '../compose-accounts.ts';
import { composeProviders } from '../compose-providers.ts';
import { afterTimeout } from '../timers.ts';
import { explainFailure } from './exit.ts';
import type { Finding } from './finding.ts';
import type { Invocation } from './invocation.ts';
import { formatCount } from './terminal.ts';

/** Looks at accounts where they are on: settings, database, secret, and whether each provider takes its credentials. */
export async function examineAccounts(invocation: Invocation): Promise<Finding[]> {
  if (!invocation.settings.accounts) return [];
  const findings = await Promise.all([
    told('accounts', () => examineSettings(invocation)),
    told('accounts database', () => examineDatabase(invocation)),
    told('accounts secret', () => examineSecret(invocation)),
    examineProviders(invocation),
  ]);
  return findings.flat();
}

/** A failure is what was found. */
async function told(name: string, examine: () => Promise<Omit<Finding, 'name'>>): Promise<Finding> {
  try {
    return { name, ...(await examine()) };
  } catch (error) {
    return { name, value: 'not usable', problem: explainFailure(error).line };
  }
}

async function examineSettings({ settings }: Invocation): Promise<Omit<Finding, 'name'>> {
  const { origin, plans } = await checkAccountsSettings(settings);
  return { value: `${origin}, ${formatCount(plans)} plans` };
}

async function examineDatabase({ settings }: Invocation): Promise<Omit<Finding, 'name'>> {
  if (!(await hasAccounts(settings))) return { value: 'none yet: it is made at the first start' };
  await using database = await openAccountsDatabase(settings);
  const [row] = await database.query('SELECT COUNT(*) AS users FROM account_user');
  return { value: `${database.dialect}, ${formatCount(Number(row?.users ?? 0))} users` };
}

/** Whoever reads the secret signs in as anybody. */
async function examineSecret({ settings }: Invocation): Promise<Omit<Finding, 'name'>> {
  if (settings.accountsSecret !== '') return { value: 'from the settings' };
  const path = join(settings.data, 'accounts-secret');
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return { value: 'none yet: it is made at the first start' };
  const value = `${path}, mode ${(found.mode & 0o777).toString(8)}`;
  const isOpen = (found.mode & 0o077) !== 0;
  return { value, problem: isOpen ? `${path} can be read by other users: chmod 600 ${path}` : undefined };
}

async function examineProviders({ settings, host }: Invocation): Promise<Finding[]> {
  const clock = { now: host.now, after: afterTimeout };
  const random = (count: number): Uint8Array => randomBytes(count);
  try {
    // The secret is for the paths of webhooks, and none is told here.
    const providers = composeProviders(settings, { clock, random, secret: new Uint8Array(32) });
    if (providers.length === 0) return [{ name: 'payments', value: 'no provider: nothing can be sold' }];
    return await Promise.all(
      providers.map(async (provider) => {
        const { name, state, message } = await checkProvider(provider);
        await provider.stop?.();
        if (state === 'works') return { name: `payments by ${name}`, value: message };
        const value = state === 'away' ? 'cannot be asked now' : 'does not take its settings';
        return { name: `payments by ${name}`, value, problem: message };
      }),
    );
  } catch (error) {
    return [{ name: 'payments', value: 'not usable', problem: explainFailure(error).line }];
  }
}
