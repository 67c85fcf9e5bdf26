import type { Ingest } from '@nostrata/ingest';
import type { RelayInformation, RelaySettings } from './contract.ts';
import type { RelayLimits } from './limits.ts';

/** What the document is made from. */
export interface InformationOptions {
  readonly settings: RelaySettings;
  readonly limits: RelayLimits;
  readonly ingest: Pick<Ingest, 'policies'>;
}

// NIP-01; longer ones are no subscription ids.
const subscriptionIdCharacters = 64;

/** Makes the NIP-11 document from what is really on: settings, limits, and what each policy of ingest contributes. */
export function createInformation({ settings, limits, ingest }: InformationOptions): RelayInformation {
  const contributed: Record<string, unknown> = {};
  const retention: unknown[] = [];
  for (const { information } of ingest.policies) {
    for (const [name, value] of Object.entries(information?.limitation ?? {})) {
      contributed[name] = combine(name, contributed[name], value);
    }
    retention.push(...(information?.retention ?? []));
  }
  const authRequired = settings.authRequiredToRead === true || contributed.auth_required === true;
  const limitation = {
    max_message_length: limits.messageBytesMax,
    max_subscriptions: limits.subscriptionsPerConnectionMax,
    max_limit: limits.limitEventsMax,
    max_subid_length: Math.min(limits.subscriptionIdCharactersMax, subscriptionIdCharacters),
    default_limit: limits.limitEventsDefault,
    payment_required: false,
    ...contributed,
    // The NIP means any other action by this; writing alone is `restricted_writes`.
    auth_required: authRequired,
    restricted_writes: contributed.restricted_writes === true || settings.authRequiredToWrite === true,
  };
  return {
    ...dropEmpty(settings.description ?? {}),
    supported_nips: listNips(settings, contributed, ingest),
    limitation,
    ...(retention.length > 0 ? { retention } : {}),
  };
}

// What no switch turns off: storage and filters, follow lists, direct messages (access), deletion, this document,
// private messages and wraps (access), expiry, AUTH, vanishing, relay lists, the EOSE hint.
const alwaysOn = [1, 2, 4, 9, 11, 17, 40, 42, 59, 62, 65, 67];

function listNips(
  settings: RelaySettings,
  contributed: Readonly<Record<string, unknown>>,
  { policies }: Pick<Ingest, 'policies'>,
): readonly number[] {
  const nips = [...alwaysOn];
  if (typeof contributed.min_pow_difficulty === 'number' && contributed.min_pow_difficulty > 0) nips.push(13);
  if (policies.some(({ name }) => name === 'protected events')) nips.push(70);
  if (settings.count !== false) nips.push(45);
  if (settings.search !== false) nips.push(50);
  if (settings.negentropy !== false) nips.push(77);
  return nips.sort((a, b) => a - b);
}

/** Two policies may speak of the same limit: the stricter word counts. */
function combine(name: string, before: unknown, value: unknown): unknown {
  if (typeof before === 'boolean' && typeof value === 'boolean') return before || value;
  if (typeof before !== 'number' || typeof value !== 'number') return value;
  return name.startsWith('min_') ? Math.max(before, value) : Math.min(before, value);
}

function dropEmpty(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''));
}
