import {
  type Address,
  type AddressReference,
  type EventReference,
  Kind,
  type NostrEvent,
  parseComment,
  parseReaction,
  parseRepost,
  parseThread,
  validateZapReceipt,
} from '@nostrata/protocol';
import { toAddressKey, toKeyText } from './keys.ts';
import { zapMsatMax } from './limits.ts';

/** How somebody engages with something. `like` and `dislike` are `+` and `-`; `emoji` is every other reaction. */
export type EngagementType = 'reply' | 'like' | 'dislike' | 'emoji' | 'repost' | 'zap';

/** What one event does to one target. */
export interface Contribution {
  /** An event id, an address (`kind:pubkey:d`), an external id (NIP-73), or for zaps the pubkey of the recipient. */
  readonly target: string;
  readonly event_id: string;
  readonly type: EngagementType;
  /** Who did it; of zaps the sender by the request. */
  readonly pubkey: string;
  /** The reaction; empty for others. */
  readonly content: string;
  readonly amount_msat: number;
  /** Seconds. */
  readonly created_at: number;
}

/** Checks id and signature of an event. */
export type ZapCheck = (request: NostrEvent) => unknown;

/** The kinds that engage with something. */
export const engagementKinds: ReadonlySet<number> = new Set([
  Kind.note,
  Kind.repost,
  Kind.reaction,
  Kind.genericRepost,
  Kind.externalReaction,
  Kind.comment,
  Kind.zapReceipt,
]);

/** Makes the function that says what an event contributes: to each target once, most often to one or none. */
export function createReadContributions(verify: ZapCheck | undefined): (event: NostrEvent) => Contribution[] {
  return (event) => {
    switch (event.kind) {
      case Kind.note:
        return contribute(event, 'reply', { event: parseThread(event).reply });
      case Kind.comment:
        return readComment(event);
      case Kind.reaction:
      case Kind.externalReaction:
        return readReaction(event);
      case Kind.repost:
      case Kind.genericRepost:
        return contribute(event, 'repost', parseRepost(event) ?? {});
      case Kind.zapReceipt:
        return readZap(event, verify);
      default:
        return [];
    }
  };
}

/** What is engaged with, as events name it. An address is given beside the event that stood there then: both count. */
interface Targets {
  readonly event?: EventReference | undefined;
  readonly address?: Address | AddressReference | undefined;
  readonly externals?: readonly string[] | undefined;
  readonly pubkey?: string | undefined;
}

type Extra = Partial<Pick<Contribution, 'pubkey' | 'content' | 'amount_msat'>>;

function contribute(event: NostrEvent, type: EngagementType, targets: Targets & { readonly extra?: Extra }) {
  const { event: target, address, externals = [], pubkey, extra = {} } = targets;
  const keys = new Set<string>();
  if (target) keys.add(target.id);
  if (pubkey !== undefined) keys.add(pubkey);
  for (const key of [address && toAddressKey(address), ...externals.map(toKeyText)]) if (key) keys.add(key);
  const { id, pubkey: author, created_at } = event;
  const shared = { event_id: id, type, pubkey: author, content: '', amount_msat: 0, created_at, ...extra };
  return [...keys].map((key): Contribution => ({ target: key, ...shared }));
}

function readComment(event: NostrEvent): Contribution[] {
  const parent = parseComment(event)?.parent;
  if (!parent) return [];
  return contribute(event, 'reply', {
    event: parent.event,
    address: parent.address,
    externals: parent.external === undefined ? [] : [parent.external],
  });
}

function readReaction(event: NostrEvent): Contribution[] {
  const reaction = parseReaction(event);
  if (!reaction) return [];
  const { type, content } = reaction;
  return contribute(event, type, { ...reaction, extra: { content } });
}

/**
 * A receipt counts when everything that can be checked without its recipient's Lightning server is right; the amount is
 * that of the invoice. Its signer is not known to be the server: a sum is what receipts say, not proof of payment.
 */
function readZap(event: NostrEvent, verify: ZapCheck | undefined): Contribution[] {
  const { faults, sender, recipient, targetId, targetAddress, amountMsat } = validateZapReceipt(event, { verify });
  if (faults.length > 0 || amountMsat === undefined || amountMsat > zapMsatMax) return [];
  return contribute(event, 'zap', {
    event: targetId === undefined ? undefined : { id: targetId },
    address: targetAddress,
    pubkey: recipient,
    extra: { amount_msat: amountMsat, pubkey: sender ?? event.pubkey },
  });
}
