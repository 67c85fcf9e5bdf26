import { isHex64, type ListedRelay, normalizeRelayUrl, type UnsignedEvent } from '@nostrata/protocol';

/** Where people read and write, as far as it is known. */
export interface KnownLists {
  /** The relay list (kind 10002); undefined where none is known. */
  relayList(pubkey: string): readonly ListedRelay[] | undefined;
  /** The relays for direct messages (kind 10050, NIP-17). */
  inboxRelays(pubkey: string): readonly string[] | undefined;
}

/** The URLs of all sources in order, normalised, each once, without those that are blocked or no URLs. */
export function buildRelaySet(
  sources: readonly (readonly string[])[],
  blocked: ReadonlySet<string> = new Set(),
): string[] {
  const urls = new Set<string>();
  for (const text of sources.flat()) {
    const url = normalizeRelayUrl(text);
    if (url !== null && !blocked.has(url)) urls.add(url);
  }
  return [...urls];
}

/** The relays that an author publishes to: where to look for what they wrote. */
export function writeRelays(lists: KnownLists, pubkey: string): string[] {
  return (lists.relayList(pubkey) ?? []).filter(({ write }) => write).map(({ url }) => url);
}

/** The relays that a person reads: where to put, and to look for, what mentions them. */
export function readRelays(lists: KnownLists, pubkey: string): string[] {
  return (lists.relayList(pubkey) ?? []).filter(({ read }) => read).map(({ url }) => url);
}

/** The hint for a reference to the target's event: where both meet, else where the target reads, else where we write. */
export function selectRelayHint(lists: KnownLists, pubkey: string, target: string): string | null {
  const inbox = readRelays(lists, target);
  const outbox = writeRelays(lists, pubkey);
  return outbox.find((url) => inbox.includes(url)) ?? inbox[0] ?? outbox[0] ?? null;
}

/** The `relays` of a zap request (NIP-57): where both sides read, so that both see the receipt. */
export function selectZapRelays(lists: KnownLists, sender: string, recipient: string): string[] {
  return buildRelaySet([readRelays(lists, sender), readRelays(lists, recipient)]);
}

/** A person that an event mentions, with the hint of the first `p` tag that does. */
export interface Recipient {
  readonly pubkey: string;
  readonly hint: string | undefined;
}

/** Those mentioned by `p` tags, each once, in order; what is no pubkey is left out. */
export function getRecipients(event: UnsignedEvent): Recipient[] {
  const hintByPubkey = new Map<string, string | undefined>();
  for (const [name, pubkey, hint] of event.tags) {
    if (name !== 'p' || !isHex64(pubkey) || hintByPubkey.has(pubkey)) continue;
    hintByPubkey.set(pubkey, hint);
  }
  return [...hintByPubkey].map(([pubkey, hint]) => ({ pubkey, hint }));
}
