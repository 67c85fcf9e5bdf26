import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Accounts,
  createAccounts,
  createDnsLookup,
  createNameSettings,
  migrateAccounts,
} from '@nostrata/accounts';
import { createKeySigner } from '@nostrata/core';
import { type Database, openPostgres, openSqlite } from '@nostrata/database';
import { createOutgoing } from '@nostrata/http';
import type { Ingest } from '@nostrata/ingest';
import { encodeNpub, isVanishRequestFor, Kind, parseEvent } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import type { Logger } from 'pino';
import { checkAccountsSettings, checkSecret, loadPlans, toOrigin, toSeller } from './accounts-settings.ts';
import { loadAuditHeads } from './audit-heads.ts';
import { getPublicUrls } from './compose-door.ts';
import type { Role } from './compose-observatory.ts';
import { composeProviders, warnOfProviders } from './compose-providers.ts';
import type { ComposedTrust } from './compose-trust.ts';
import { ConfigError } from './config/errors.ts';
import type { Settings } from './config/table.ts';
import type { Job } from './jobs.ts';
import { vanishEveryMs } from './limits.ts';
import type { AccountsMetrics } from './metrics/accounts-metrics.ts';
import { loadSecret, loadSelfSecret } from './self-key.ts';
import { getStoreFolder, getStoreUrl, prepareStoreFolder } from './store-url.ts';
import { afterTimeout } from './timers.ts';

/** The pieces of other rooms that accounts work with. */
export interface AccountsParts {
  readonly settings: Settings;
  readonly roles: ReadonlySet<Role>;
  readonly store: Pick<EventStore, 'query'>;
  readonly ingest: Pick<Ingest, 'submit'>;
  readonly logger: Logger;
  readonly metrics: AccountsMetrics;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Says what somebody gets off a price, in percent. */
  readonly trust: Pick<ComposedTrust, 'discountPercent'>;
}

/** Accounts as far as this process has a part in them. */
export interface ComposedAccounts extends AsyncDisposable {
  /** Undefined where nobody signs in here. */
  readonly accounts: Pick<Accounts, 'routes' | 'authenticate' | 'onAnswered'> | undefined;
  readonly jobs: readonly Job[];
  /** Warns of providers that do not work; for when the server listens, as a wallet may be reached over its own relay. */
  examineProviders(): void;
}

/**
 * Looks whether the settings fit, before anything is opened.
 * @throws ConfigError with one line
 */
export async function checkAccounts(settings: Settings, roles: ReadonlySet<Role>): Promise<void> {
  if (!isAskedFor(settings, roles)) return;
  await checkAccountsSettings(settings);
  const clock = { now: () => 0, after: afterTimeout };
  composeProviders(settings, { clock, random, secret: new Uint8Array(32) });
}

function isAskedFor({ accounts }: Settings, roles: ReadonlySet<Role>): boolean {
  return accounts && (roles.has('api') || roles.has('jobs'));
}

/**
 * Opens accounts where they are asked for.
 * @throws ConfigError with one line where the settings do not fit; DatabaseError
 */
export async function composeAccounts(parts: AccountsParts): Promise<ComposedAccounts> {
  const { settings, roles, now, logger } = parts;
  if (!isAskedFor(settings, roles)) return withoutAccounts;
  const clock = { now, after: afterTimeout };
  await using started = new AsyncDisposableStack();
  const database = started.use(await openAccountsDatabase(settings));
  await migrateAccounts(database);
  const room = logger.child({ room: 'accounts' });
  const signer = await loadSigner(settings.data);
  const secret = await loadAccountsSecret(settings);
  const providers = composeProviders(settings, { clock, random, secret });
  started.defer(async () => {
    await Promise.all(providers.map((provider) => provider.stop?.()));
  });
  const accounts = started.use(
    await open(parts, {
      ...{ database, clock, logger: room },
      secret,
      providers,
      pubkey: await signer.getPublicKey(),
      sign: (event) => signer.signEvent(event),
    }),
  );
  await accounts.start();
  await warnOfOtherSigner(database, await signer.getPublicKey(), room);
  const vanishing: Job = {
    ...{ name: 'accounts.vanish', everyMs: vanishEveryMs },
    run: () => eraseVanished(parts, accounts),
  };
  if (roles.has('jobs')) {
    const watching = accounts.watchProviders();
    started.defer(() => watching.stop());
  }
  const stack = started.move();
  return {
    examineProviders() {
      const warnings = warnOfProviders(providers, room);
      stack.defer(() => warnings.stop());
    },
    accounts: roles.has('api') ? accounts : undefined,
    jobs: [...accounts.jobs.filter(({ role }) => roles.has(role)), ...(roles.has('jobs') ? [vanishing] : [])],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/**
 * Opens the tables of accounts: `accounts.db` beside an SQLite store, the store's own database on PostgreSQL. What was
 * answered outlives a loss of power.
 */
export async function openAccountsDatabase(settings: Pick<Settings, 'store' | 'data'>): Promise<Database> {
  const url = getStoreUrl(settings);
  if (url === 'memory:') return openSqlite(':memory:');
  const folder = getStoreFolder(url);
  if (folder !== undefined) {
    await prepareStoreFolder(url);
    return openSqlite(join(folder, 'accounts.db'), { pragmas: { journal_mode: 'WAL', synchronous: 'FULL' } });
  }
  const address = new URL(url);
  address.searchParams.delete('poolSize');
  return await openPostgres(address.href, { poolSize });
}

/** Says whether there ever were accounts, without making any. */
export async function hasAccounts(settings: Pick<Settings, 'store' | 'data'>): Promise<boolean> {
  const url = getStoreUrl(settings);
  const folder = getStoreFolder(url);
  if (folder !== undefined) return existsSync(join(folder, 'accounts.db'));
  if (url === 'memory:') return false;
  await using database = await openAccountsDatabase(settings);
  const [row] = await database.query('SELECT to_regclass($1)::text AS name', ['account_user']);
  return row?.name !== null;
}

/** Connections to PostgreSQL: requests, webhooks and jobs come at the same time. */
const poolSize = 8;

type Given = Pick<
  Parameters<typeof createAccounts>[0],
  'database' | 'clock' | 'logger' | 'secret' | 'providers' | 'sign'
> & {
  /** Of the installation. */
  readonly pubkey: string;
};

async function open({ settings, store, ingest, metrics, trust }: AccountsParts, given: Given): Promise<Accounts> {
  const origin = toOrigin(settings);
  const outgoing = createOutgoing({ clock: given.clock, allowPrivate: settings.allowLocalHosts });
  try {
    return createAccounts({
      ...given,
      origin,
      outgoing,
      metrics,
      random,
      admins: settings.admins,
      plans: await loadPlans(settings.plans),
      names: createNameSettings({
        hosts: settings.nameHosts.length > 0 ? settings.nameHosts : [new URL(origin).hostname],
        prices: Object.entries(settings.namePrices).map(([length, sats]) => ({
          ...{ charactersMin: Number(length), price: { msat: sats * 1000 } },
        })),
        reserved: settings.reservedNames,
      }),
      seller: toSeller(settings, encodeNpub(given.pubkey)),
      lookups: (settings.dnsServers.length > 0 ? settings.dnsServers : [undefined]).map((server) =>
        createDnsLookup({ server }),
      ),
      allowLocalHosts: settings.allowLocalHosts,
      loadDiscountPercent: trust.discountPercent,
      witness: { signer: given.pubkey, loadPublished: () => loadAuditHeads(store, given.pubkey) },
      async publish(event) {
        const result = await ingest.submit(event, { via: 'own' });
        if (!result.accepted) throw new Error(`the head of the audit log was refused: ${result.rejection.message}`);
      },
    });
  } catch (error) {
    if (error instanceof RangeError) throw new ConfigError(error.message, { cause: error });
    throw error;
  }
}

/** Heads that another key signed look forged from here: all processes of an installation need the same one. */
async function warnOfOtherSigner(database: Database, pubkey: string, logger: Logger): Promise<void> {
  const [head] = await database.query<{ event: string }>('SELECT event FROM audit_head ORDER BY day DESC LIMIT 1');
  if (head === undefined || parseEvent(JSON.parse(head.event)).pubkey === pubkey) return;
  logger.warn('the audit log was signed with another key: give all processes the relay-key of the one that signs it');
}

/** Ends the names of who asked this relay to forget them (NIP-62); asking again changes nothing. */
async function eraseVanished({ store, settings }: AccountsParts, accounts: Accounts): Promise<void> {
  const relayUrls = getPublicUrls(settings) ?? [];
  for await (const page of store.query([{ kinds: [Kind.vanishRequest] }])) {
    for (const { json } of page) {
      const request = parseEvent(JSON.parse(json));
      if (!isVanishRequestFor(request, relayUrls)) continue;
      await accounts.eraseForPubkey(request.pubkey, request.created_at * 1000 + 999);
    }
  }
}

/** @throws ConfigError where it is no secret, or the disk has no room for one */
async function loadAccountsSecret({ accountsSecret, data }: Settings): Promise<Uint8Array> {
  checkSecret(accountsSecret);
  const secret = accountsSecret || (await loadSecret(data, 'accounts-secret'));
  if (secret === undefined) throw new ConfigError('the disk is full: there is no secret for accounts');
  return Buffer.from(secret, 'hex');
}

async function loadSigner(data: string): Promise<ReturnType<typeof createKeySigner>> {
  const secret = await loadSelfSecret(data);
  if (secret === undefined) throw new ConfigError('the disk is full: there is no key to sign the audit log with');
  return createKeySigner(Buffer.from(secret, 'hex'));
}

const random = (count: number): Uint8Array => randomBytes(count);

const withoutAccounts: ComposedAccounts = {
  accounts: undefined,
  jobs: [],
  examineProviders: () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};
