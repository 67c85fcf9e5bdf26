import { readFile } from 'node:fs/promises';
import { defaultPlans, type PlanBook, PlansError, parsePlans, type Seller } from '@nostrata/accounts';
import { ConfigError } from './config/errors.ts';
import type { Settings } from './config/table.ts';

/**
 * Looks whether the settings of accounts fit, and says what follows from them.
 * @throws ConfigError with one line
 */
export async function checkAccountsSettings(
  settings: Settings,
): Promise<{ readonly origin: string; readonly plans: number }> {
  const origin = toOrigin(settings);
  checkSecret(settings.accountsSecret);
  for (const name of settings.nameHosts) {
    if (!hostName.test(name))
      throw new ConfigError(`nameHosts: ${JSON.stringify(name)} is no host such as example.com`);
  }
  return { origin, plans: (await loadPlans(settings.plans)).plans.length };
}

/** Host and port, as the header has them; international names in their ASCII form. */
const hostName = /^(?=[^:]{1,253}(?::|$))[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$/i;

/** @throws ConfigError where one is set that is none */
export function checkSecret(secret: string): void {
  if (secret === '' || /^[0-9a-f]{64}$/.test(secret)) return;
  throw new ConfigError('accountsSecret: expected 64 hex digits, such as openssl rand -hex 32 makes');
}

/** Addresses that nobody else reaches, so that they do without TLS. */
const loopback = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/;

/**
 * The public origin: that of `publicUrl`; on this machine alone the address that is listened on will do.
 * @throws ConfigError
 */
export function toOrigin({ publicUrl, host, port }: Pick<Settings, 'publicUrl' | 'host' | 'port'>): string {
  if (publicUrl !== '') {
    const url = URL.parse(publicUrl.replace(/^ws/, 'http'));
    if (url === null || !/^https?:$/.test(url.protocol))
      throw new ConfigError(`publicUrl ${JSON.stringify(publicUrl)}: expected an address such as wss://example.com`);
    if (url.protocol === 'http:' && !loopback.test(url.hostname))
      throw new ConfigError(`publicUrl ${publicUrl}: people sign in by TLS alone: wss://${url.host}`);
    return url.origin;
  }
  if (loopback.test(host) && port !== 0) return `http://${host}:${port}`;
  throw new ConfigError('accounts: people sign in at one public address: set publicUrl, such as wss://example.com');
}

/** Who sells, as receipts name it. */
export function toSeller(settings: Settings, npub: string): Seller {
  const { sellerName, sellerAddress, sellerTaxId, taxPercent, relayName } = settings;
  return {
    name: sellerName || relayName || new URL(toOrigin(settings)).host,
    address: sellerAddress.split('|').flatMap((line) => (line.trim() === '' ? [] : [line.trim()])),
    npub,
    taxId: sellerTaxId === '' ? null : sellerTaxId,
    taxPercent,
  };
}

/**
 * The plans that are sold.
 * @throws ConfigError with one line that names the file
 */
export async function loadPlans(path: string): Promise<PlanBook> {
  if (path === '') return defaultPlans();
  try {
    return parsePlans(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof PlansError) throw new ConfigError(`${path}: ${error.message}`, { cause: error });
    if (error instanceof SyntaxError)
      throw new ConfigError(`${path}: it is not JSON: ${error.message}`, { cause: error });
    throw new ConfigError(`plans: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}
