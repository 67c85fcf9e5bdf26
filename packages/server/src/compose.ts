import { type Cache, CacheError, openCache } from '@nostrata/cache';
import type { Ingest } from '@nostrata/ingest';
import { createRelay, type Relay, type RelaySettings } from '@nostrata/relay';
import type { EventStore } from '@nostrata/store';
import { openWebFolder, webPaths, webPolicy } from '@nostrata/web';
import { type ComposedAccounts, checkAccounts, composeAccounts } from './compose-accounts.ts';
import { composeApi } from './compose-api.ts';
import { type ComposeOptions, composeIngest, composeStore, getPublicUrls } from './compose-door.ts';
import { composeObservatory, type Observatory, type Role } from './compose-observatory.ts';
import { type ComposedTrust, composeTrust } from './compose-trust.ts';
import { findAuthWarning } from './config/auth-warning.ts';
import { ConfigError } from './config/errors.ts';
import type { Settings } from './config/table.ts';
import { createApp } from './http/app.ts';
import { toAccountsSection, toTrustSection } from './http/documents.ts';
import { type Health, loadHealth } from './http/health.ts';
import { type Listener, listen } from './http/listen.ts';
import { loadPage, type Page } from './http/page-files.ts';
import { createResolveOrigin } from './http/proxy.ts';
import { createJobs, createStoreJobs, type Job, type Jobs } from './jobs.ts';
import { cacheFiguresEveryMs, expireEveryMs, freeBytesMin, probeMsMax } from './limits.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { loadSelfPubkey } from './self-key.ts';
import { getStoreUrl, loadFreeBytes } from './store-url.ts';
import { version } from './version.ts';

/** A running relay. */
export interface Server extends AsyncDisposable {
  /** Where clients connect: `ws://127.0.0.1:7447`. */
  readonly url: string;
  readonly port: number;
  readonly store: EventStore;
  readonly ingest: Ingest;
  health(): Promise<Health>;
  /** Ends in order: no new connections, clients, what was submitted, the store. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts the whole relay; what was started is stopped again where a later step fails.
 * @throws ConfigError or StoreError with one line
 */
export async function composeServer(options: ComposeOptions): Promise<Server> {
  const { settings, logger } = options;
  const resolveOrigin = createResolveOrigin(settings.trustedProxies);
  const roles = parseRoles(settings.roles);
  await checkAccounts(settings, roles);
  await using started = new AsyncDisposableStack();
  const metrics = createMetrics(options.now);
  started.defer(metrics.stop);
  const store = started.use(await composeStore(options, metrics));
  const ingest = started.use(await composeIngest(store, options, { metrics }));
  const relay = started.use(await composeRelay({ store, ingest, metrics }, options));
  const cache = started.use(await composeCache(options, metrics));
  const observatory = started.use(
    await composeObservatory({
      ...{ ...options, store, ingest, cache, roles },
      metrics: metrics.observatory,
      measure: metrics.shared.measure,
    }),
  );
  const trust = started.use(await composeTrust({ ...options, store, ingest, cache, roles, metrics: metrics.trust }));
  const people = started.use(
    await composeAccounts({ ...options, store, ingest, roles, trust, metrics: metrics.accounts }),
  );
  const jobs = composeJobs(options, { store, cache, metrics, roles, people, caughtUp: observatory.caughtUp });
  started.defer(() => jobs.stop());
  const health = () => composeHealth({ store, ingest, metrics, observatory, trust }, settings);
  const { accounts } = people;
  const sections = [observatory.section, toTrustSection(trust.routes), accounts && toAccountsSection(accounts.routes)];
  const api = roles.has('api')
    ? composeApi({ ...options, ...accounts, sections, cache, metrics: metrics.api })
    : undefined;
  const listener = await listen({
    app: createApp({
      information: () => relay.information(),
      health,
      metrics: settings.metrics ? metrics.render : undefined,
      publicUrl: settings.publicUrl === '' ? undefined : settings.publicUrl,
      version,
      page: api && (await composePage(settings)),
      api,
    }),
    host: settings.host,
    port: settings.port,
    resolveOrigin,
    maxMessageBytes: settings.maxMessageBytes,
    compression: settings.compression,
    accept: (socket, arrival) => {
      if (roles.has('relay')) relay.accept(socket, arrival);
      else socket.close(1013, 'this process serves no clients');
    },
  });
  started.defer(() => listener.stop());
  // Only of a relay that runs: settings that stop the start are told in one line.
  const warning = findAuthWarning(settings);
  if (warning !== undefined) logger.warn(warning);
  people.examineProviders();
  const stack = started.move();
  return {
    url: toClientUrl(listener),
    port: listener.port,
    store,
    ingest,
    health,
    stop: () => stack.disposeAsync(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function composePage({ synthetic, accounts, trust }: Settings): Promise<Page> {
  const labels = Object.entries({ synthetic, accounts, trust }).flatMap(([name, isOn]) => (isOn ? [name] : []));
  return await loadPage({ folder: await openWebFolder(), paths: webPaths, policy: webPolicy, labels });
}

interface JobParts {
  readonly store: EventStore;
  readonly cache: Cache;
  readonly metrics: Metrics;
  readonly roles: ReadonlySet<Role>;
  readonly people: Pick<ComposedAccounts, 'jobs'>;
  readonly caughtUp: () => Promise<void>;
}

function composeJobs({ settings, logger }: ComposeOptions, parts: JobParts): Jobs {
  const { store, cache, metrics, roles, people, caughtUp } = parts;
  const onFailure = (name: string, error: unknown) => {
    metrics.swallowed(name);
    logger.error({ job: name, error: String(error) }, 'a job failed and will be tried again');
  };
  const figures: Job = {
    name: 'cache',
    everyMs: cacheFiguresEveryMs,
    run: async () => metrics.shared.cached(await cache.figures()),
  };
  const storeJobs = roles.has('jobs') ? createStoreJobs(store, settings, { expireEveryMs, before: caughtUp }) : [];
  return createJobs([figures, ...storeJobs, ...people.jobs], onFailure);
}

interface Rooms {
  readonly store: EventStore;
  readonly ingest: Ingest;
  readonly metrics: Metrics;
}

const allRoles: readonly Role[] = ['relay', 'api', 'collector', 'jobs'];

/** @throws ConfigError where a word is no role, or there is none */
function parseRoles(words: readonly string[]): ReadonlySet<Role> {
  const roles = new Set<Role>();
  for (const word of words) {
    const role = allRoles.find((known) => known === word);
    if (!role) throw new ConfigError(`roles: ${JSON.stringify(word)} is none of ${allRoles.join(', ')}`);
    roles.add(role);
  }
  if (roles.size === 0) throw new ConfigError(`roles: name at least one of ${allRoles.join(', ')}`);
  return roles;
}

/** @throws ConfigError where Redis cannot be used */
async function composeCache({ settings, now, logger }: ComposeOptions, metrics: Metrics): Promise<Cache> {
  const onProblem = (problem: CacheError) => {
    metrics.swallowed('cache');
    logger.warn({ error: problem.message }, 'the cache failed');
  };
  try {
    return await openCache(settings.cache, { clock: { now }, onProblem });
  } catch (error) {
    if (error instanceof CacheError) throw new ConfigError(`cache: ${error.message}`, { cause: error });
    throw error;
  }
}

async function composeRelay(
  { store, ingest, metrics }: Rooms,
  { settings, now, logger }: ComposeOptions,
): Promise<Relay> {
  const self = settings.relaySelf[0] ?? (await loadSelfPubkey(settings.data));
  if (self === undefined)
    logger.warn('the disk is full: the relay has no key of its own until it is started with room');
  return createRelay({
    store,
    ingest,
    now,
    settings: toRelaySettings(settings, self),
    metrics: metrics.relay,
    logger: logger.child({ room: 'relay' }),
  });
}

function composeHealth(
  {
    store,
    ingest,
    metrics,
    observatory,
    trust,
  }: Rooms & {
    readonly observatory: Observatory;
    readonly trust: ComposedTrust;
  },
  settings: Settings,
): Promise<Health> {
  return loadHealth({
    observatory: () => observatory.health(),
    trust: () => trust.health(),
    engine: store.engine,
    probe: () => store.count([{ ids: ['0'.repeat(64)] }]),
    lastSeq: () => store.lastSeq(),
    lastCommitMs: () => metrics.lastCommitMs,
    queueEvents: () => metrics.queueEvents,
    isQueueFull: () => ingest.isFull,
    freeBytes: () => loadFreeBytes(getStoreUrl(settings)),
    freeBytesMin,
    probeMsMax,
  });
}

function toRelaySettings(settings: Settings, self: string | undefined): RelaySettings {
  const text = (value: string) => (value === '' ? undefined : value);
  const count = (value: number) => (value === 0 ? Number.MAX_SAFE_INTEGER : value);
  return {
    description: {
      name: text(settings.relayName),
      description: text(settings.relayDescription),
      banner: text(settings.relayBanner),
      icon: text(settings.relayIcon),
      pubkey: settings.relayPubkey[0],
      self,
      contact: text(settings.relayContact),
      terms_of_service: text(settings.relayTerms),
      privacy_policy: text(settings.relayPrivacy),
      software: 'nostrata',
      version,
    },
    publicUrls: getPublicUrls(settings),
    authRequiredToRead: settings.authToRead,
    authRequiredToWrite: settings.authRequired,
    limits: {
      connectionsMax: count(settings.maxConnections),
      connectionsPerIpMax: count(settings.maxConnectionsPerIp),
      messageBytesMax: settings.maxMessageBytes,
      subscriptionsPerConnectionMax: settings.maxSubscriptions,
      filtersPerRequestMax: settings.maxFilters,
      valuesPerFilterMax: settings.maxFilterValues,
      limitEventsMax: settings.maxLimit,
      limitEventsDefault: settings.defaultLimit,
      subscriptionIdCharactersMax: settings.maxSubscriptionIdLength,
      messagesPerSecondMax: count(settings.maxMessagesPerSecond),
      messagesBurstMax: count(settings.maxMessagesPerSecond * 2),
      outgoingBytesMax: settings.maxPendingBytes,
      idleSeconds: settings.idle,
    },
  };
}

/** An address that a client on this machine can use, whatever interface is listened on. */
function toClientUrl({ host, port }: Listener): string {
  if (host === '0.0.0.0' || host === '::' || host === '') return `ws://127.0.0.1:${port}`;
  return `ws://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
