import { isRegularKind, Kind, type UnsignedEvent } from '@nostrata/protocol';
import { buildRelaySet, getRecipients, type KnownLists, readRelays, writeRelays } from './relay-set.ts';

/** What choosing relays for an event goes by. */
export interface PublishContext {
  readonly lists: KnownLists;
  /** Own relays for drafts. */
  readonly privateRelays?: readonly string[] | undefined;
  /** Relays that collect profiles, follow lists and relay lists. */
  readonly lookupRelays?: readonly string[] | undefined;
  /** Relays of the group, where the event's `h` tag has no hint (NIP-29). */
  readonly groupRelays?: readonly string[] | undefined;
  readonly blocked?: ReadonlySet<string> | undefined;
  /** Relays of each person mentioned; 3 unless told. */
  readonly relaysPerRecipientMax?: number | undefined;
}

/** Where an event goes, and by which rule. Null: its recipients cannot be reached, and nobody else may see it. */
export interface PublishRoute {
  readonly branch: 'general' | 'draft' | 'dm' | 'group';
  readonly relays: readonly string[] | null;
}

/** Drafts of articles and listings, and wrapped drafts (NIP-23, 99, 37): of no use to anybody else. */
const draftKinds: ReadonlySet<number> = new Set([30_024, 30_403, 31_234]);

/** What lookup relays collect, because clients need it before they know anything else of a person. */
export const lookupKinds: ReadonlySet<number> = new Set([Kind.profile, Kind.follows, Kind.relayList, Kind.inboxRelays]);

/** Regular kinds that must not be shown to the people they name: deletions, vanish requests, reports, zap requests. */
const quietKinds: ReadonlySet<number> = new Set([
  Kind.deletionRequest,
  Kind.vanishRequest,
  1984,
  Kind.zapRequest,
  Kind.seal,
]);

/** Addressable kinds whose readers are told that they are mentioned: articles and listings. */
const loudKinds: ReadonlySet<number> = new Set([30_023, 30_402]);

/** Says whether people mentioned in events of this kind get a copy at their inbox (NIP-65). */
export function isSentToInboxes(kind: number): boolean {
  return loudKinds.has(kind) || (isRegularKind(kind) && !quietKinds.has(kind));
}

/** People mentioned whose relay list is not known, though a copy should go to them. */
export function findMissingRelayLists(event: UnsignedEvent, lists: KnownLists): string[] {
  if (!isSentToInboxes(event.kind)) return [];
  return getRecipients(event).flatMap(({ pubkey }) => (lists.relayList(pubkey) === undefined ? [pubkey] : []));
}

/** Chooses the relays for an event (NIP-65, 17, 29, 37). */
export function routePublish(event: UnsignedEvent, context: PublishContext): PublishRoute {
  const { lists, blocked } = context;
  if (event.kind === Kind.giftWrap || event.kind === Kind.ephemeralGiftWrap) return routeWrap(event, context);
  const outbox = writeRelays(lists, event.pubkey);
  if (draftKinds.has(event.kind)) {
    const own = buildRelaySet([context.privateRelays ?? []], blocked);
    return { branch: 'draft', relays: own.length > 0 ? own : buildRelaySet([outbox], blocked) };
  }
  const group = findGroupRelays(event, context);
  if (group.length > 0) return { branch: 'group', relays: group };
  const inboxes = isSentToInboxes(event.kind) ? routeInboxes(event, context) : [];
  const lookup = lookupKinds.has(event.kind) ? (context.lookupRelays ?? []) : [];
  return { branch: 'general', relays: buildRelaySet([outbox, inboxes, lookup], blocked) };
}

/** Direct messages go where their readers want them or nowhere: any other relay would learn who writes to whom. */
function routeWrap(event: UnsignedEvent, { lists, blocked }: PublishContext): PublishRoute {
  const relays = getRecipients(event).map(({ pubkey }) => lists.inboxRelays(pubkey) ?? []);
  const urls = buildRelaySet(relays, blocked);
  return { branch: 'dm', relays: urls.length > 0 ? urls : null };
}

function findGroupRelays(event: UnsignedEvent, { groupRelays = [], blocked }: PublishContext): string[] {
  const tag = event.tags.find(([name]) => name === 'h');
  if (tag === undefined) return [];
  const hint = buildRelaySet([tag[2] === undefined ? [] : [tag[2]]], blocked);
  return hint.length > 0 ? hint : buildRelaySet([groupRelays], blocked);
}

function routeInboxes(event: UnsignedEvent, { lists, blocked, relaysPerRecipientMax = 3 }: PublishContext): string[] {
  return getRecipients(event).flatMap(({ pubkey, hint }) => {
    if (pubkey === event.pubkey) return [];
    const inbox = buildRelaySet([readRelays(lists, pubkey)], blocked);
    const known = inbox.length > 0 ? inbox : buildRelaySet([hint === undefined ? [] : [hint]], blocked);
    return known.slice(0, relaysPerRecipientMax);
  });
}
