import type { SendResult } from '@nostrata/network';
import {
  getReasonPrefix,
  isAddressableKind,
  isEphemeralKind,
  isReplaceableKind,
  Kind,
  type NostrEvent,
} from '@nostrata/protocol';
import { retryMs } from '../limits.ts';

/**
 * How an event is delivered. `eventual`: until every relay has it; `latest-only`: the same, but a newer version takes
 * its place; `control`: deletion and vanish requests, sooner and before anything else; `none`: ephemeral, tried once.
 */
export type DeliveryClass = 'eventual' | 'latest-only' | 'control' | 'none';

/** The class of an event by its kind. */
export function deliveryOf({ kind }: Pick<NostrEvent, 'kind'>): DeliveryClass {
  if (isEphemeralKind(kind)) return 'none';
  if (kind === Kind.deletionRequest || kind === Kind.vanishRequest) return 'control';
  return isReplaceableKind(kind) || isAddressableKind(kind) ? 'latest-only' : 'eventual';
}

/** What a relay's answer means for the publication. */
export type Verdict =
  | { readonly state: 'delivered' | 'rejected'; readonly reason: string }
  | { readonly state: 'retry'; readonly reason: string; readonly waitMs: number };

/**
 * Reads an answer: `duplicate:` means that the relay has it; `blocked:`, `invalid:`, `pow:`, `restricted:` and `mute:`
 * will not change by trying again; everything else may (NIP-01, NIP-42). `attempts` counts this one.
 */
export function judge(result: SendResult, delivery: DeliveryClass, attempts: number): Verdict {
  const { reason } = result;
  if (result.type === 'ok' && result.accepted) return { state: 'delivered', reason };
  const prefix = result.type === 'ok' ? getReasonPrefix(reason) : undefined;
  if (prefix === 'duplicate') return { state: 'delivered', reason };
  const isFinal = prefix !== undefined && permanent.has(prefix);
  if (isFinal || result.type === 'refused' || delivery === 'none') return { state: 'rejected', reason };
  return { state: 'retry', reason, waitMs: waitAfter(prefix, delivery, attempts) };
}

const permanent: ReadonlySet<string> = new Set(['blocked', 'invalid', 'pow', 'restricted', 'mute', 'unsupported']);

function waitAfter(prefix: string | undefined, delivery: DeliveryClass, attempts: number): number {
  const table =
    prefix === 'auth-required' ? retryMs.authRequired : delivery === 'control' ? retryMs.control : retryMs.eventual;
  return table[Math.min(attempts, table.length) - 1] ?? retryMs.eventual[0];
}
