import { createIngest, createPolicies, type Ingest, type PolicySettings } from '@nostrata/ingest';
import { type EventStore, openStore } from '@nostrata/store';
import type { Logger } from 'pino';
import type { LoadedSettings } from './config/load.ts';
import type { SettingName, Settings } from './config/table.ts';
import type { Metrics } from './metrics/metrics.ts';
import { getStoreUrl, prepareStoreFolder } from './store-url.ts';

/** What the rooms are put together from. */
export interface ComposeOptions extends LoadedSettings {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
}

/** Opens the store that the settings name. */
export async function composeStore(
  options: Pick<ComposeOptions, 'settings' | 'now'>,
  metrics?: Metrics,
): Promise<EventStore> {
  const { settings, now } = options;
  const url = getStoreUrl(settings);
  await prepareStoreFolder(url);
  return openStore(url, { now, relayUrls: getPublicUrls(settings), metrics: metrics?.store });
}

/** Opens the door in front of a store. */
export function composeIngest(
  store: Pick<EventStore, 'put' | 'findKnown'>,
  { settings, given, now, logger }: ComposeOptions,
  { metrics, isImport = false }: { readonly metrics?: Metrics | undefined; readonly isImport?: boolean } = {},
): Promise<Ingest> {
  const workers = settings.verifyWorkers === 0 ? undefined : settings.verifyWorkers;
  return createIngest({
    store,
    now,
    policies: createPolicies(toPolicySettings(settings, isImport ? given : undefined), { now }),
    verifier: { workers },
    metrics: metrics?.ingest,
    logger: logger.child({ room: 'ingest' }),
  });
}

/** Files hold what once was new: the window of created_at binds an import only where somebody has set it. */
function toPolicySettings(settings: Settings, importGiven: ReadonlySet<SettingName> | undefined): PolicySettings {
  const bindsImports = importGiven !== undefined && (importGiven.has('maxFuture') || importGiven.has('maxPast'));
  return {
    eventBytesMax: settings.maxEventBytes,
    tagsMax: settings.maxTags,
    contentCharactersMax: settings.maxContentLength,
    futureSecondsMax: settings.maxFuture,
    pastSecondsMax: settings.maxPast,
    windowBindsImports: bindsImports,
    kindsAllowed: settings.kindsAllow,
    kindsDenied: settings.kindsDeny,
    pubkeysAllowed: settings.pubkeysAllow,
    pubkeysDenied: settings.pubkeysDeny,
    powBits: settings.minPow,
    powBitsByKind: settings.powByKind,
    pubkeyRate: { eventsPerSecond: settings.ratePerPubkey, burstEvents: settings.burstPerPubkey },
    ipRate: { eventsPerSecond: settings.ratePerIp, burstEvents: settings.burstPerIp },
    authRequired: settings.authRequired,
  };
}

/** The addresses by which clients know this relay. */
export function getPublicUrls(settings: Settings): readonly string[] | undefined {
  return settings.publicUrl === '' ? undefined : [settings.publicUrl];
}
