import type { Policy } from '../contract.ts';
import { createAuthRequiredPolicy } from './auth-required.ts';
import { createContentLengthPolicy } from './content-length.ts';
import { createCreatedAtWindowPolicy } from './created-at-window.ts';
import { createEventSizePolicy } from './event-size.ts';
import { createGiftWrapRecipientsPolicy } from './gift-wrap-recipients.ts';
import { createIpRatePolicy } from './ip-rate.ts';
import { createKindsPolicy } from './kinds.ts';
import { createProofOfWorkPolicy } from './proof-of-work.ts';
import { createProtectedEventsPolicy } from './protected-events.ts';
import { createPubkeyRatePolicy } from './pubkey-rate.ts';
import { createPubkeysPolicy } from './pubkeys.ts';
import { createTagCountPolicy } from './tag-count.ts';
import type { Rate } from './token-buckets.ts';
import { createUnpublishableKindsPolicy } from './unpublishable-kinds.ts';

/** What is admitted. Everything may be left out; a bound of 0 and an empty list are the same as left out. */
export interface PolicySettings {
  /** UTF-8 bytes of the event's canonical JSON text. */
  readonly eventBytesMax?: number | undefined;
  readonly tagsMax?: number | undefined;
  /** Unicode characters. */
  readonly contentCharactersMax?: number | undefined;
  /** How far `created_at` may lie ahead. */
  readonly futureSecondsMax?: number | undefined;
  /** How far `created_at` may lie back. */
  readonly pastSecondsMax?: number | undefined;
  /** Hold imports to the window of created_at too. */
  readonly windowBindsImports?: boolean | undefined;
  readonly kindsAllowed?: readonly number[] | undefined;
  readonly kindsDenied?: readonly number[] | undefined;
  readonly pubkeysAllowed?: readonly string[] | undefined;
  readonly pubkeysDenied?: readonly string[] | undefined;
  /** Bits of proof of work for every kind. */
  readonly powBits?: number | undefined;
  /** Bits of proof of work by kind, instead of `powBits`. */
  readonly powBitsByKind?: Readonly<Record<string, number>> | undefined;
  readonly pubkeyRate?: Rate | undefined;
  readonly ipRate?: Rate | undefined;
  /** Take events only from clients that have authenticated. */
  readonly authRequired?: boolean | undefined;
}

/**
 * The policies that the settings ask for, in the order in which they are asked: what the event is, whose it is, what
 * its work is, and last what is counted. Three are always there: kinds that are never published, gift wraps with one
 * recipient, protected events. `now` is in milliseconds since 1970.
 */
export function createPolicies(settings: PolicySettings, { now }: { readonly now: () => number }): Policy[] {
  const { eventBytesMax = 0, tagsMax = 0, contentCharactersMax = 0, futureSecondsMax, pastSecondsMax } = settings;
  const { kindsAllowed = [], kindsDenied = [], pubkeysAllowed = [], pubkeysDenied = [] } = settings;
  const { powBits = 0, powBitsByKind = {}, pubkeyRate, ipRate, authRequired = false } = settings;
  const window = {
    futureSecondsMax: futureSecondsMax || undefined,
    pastSecondsMax: pastSecondsMax || undefined,
    bindsImports: settings.windowBindsImports,
  };
  const policies: Policy[] = [createUnpublishableKindsPolicy()];
  if (eventBytesMax > 0) policies.push(createEventSizePolicy(eventBytesMax));
  if (tagsMax > 0) policies.push(createTagCountPolicy(tagsMax));
  if (contentCharactersMax > 0) policies.push(createContentLengthPolicy(contentCharactersMax));
  if (window.futureSecondsMax !== undefined || window.pastSecondsMax !== undefined) {
    policies.push(createCreatedAtWindowPolicy(window, now));
  }
  if (kindsAllowed.length + kindsDenied.length > 0) {
    policies.push(createKindsPolicy({ allowed: kindsAllowed, denied: kindsDenied }));
  }
  policies.push(createGiftWrapRecipientsPolicy());
  if (authRequired) policies.push(createAuthRequiredPolicy());
  policies.push(createProtectedEventsPolicy());
  if (pubkeysAllowed.length + pubkeysDenied.length > 0) {
    policies.push(createPubkeysPolicy({ allowed: pubkeysAllowed, denied: pubkeysDenied }));
  }
  if (powBits > 0 || Object.values(powBitsByKind).some((bits) => bits > 0)) {
    policies.push(createProofOfWorkPolicy({ bits: powBits, bitsByKind: powBitsByKind }, now));
  }
  if (ipRate !== undefined && ipRate.eventsPerSecond > 0) policies.push(createIpRatePolicy(ipRate, now));
  if (pubkeyRate !== undefined && pubkeyRate.eventsPerSecond > 0) {
    policies.push(createPubkeyRatePolicy(pubkeyRate, now));
  }
  return policies;
}
