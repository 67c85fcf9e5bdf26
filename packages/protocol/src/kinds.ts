/** Event kinds that the code names; every other kind is handled by its range. */
export const Kind = {
  profile: 0,
  note: 1,
  follows: 3,
  encryptedDirectMessage: 4,
  deletionRequest: 5,
  repost: 6,
  reaction: 7,
  seal: 13,
  chatMessage: 14,
  fileMessage: 15,
  genericRepost: 16,
  externalReaction: 17,
  vanishRequest: 62,
  giftWrap: 1059,
  comment: 1111,
  zapRequest: 9734,
  zapReceipt: 9735,
  mutes: 10000,
  relayList: 10002,
  bookmarks: 10003,
  blocks: 10006,
  inboxRelays: 10050,
  ephemeralGiftWrap: 21059,
  authentication: 22242,
  remoteSigning: 24133,
  httpAuthentication: 27235,
  genericSet: 30001,
  relaySet: 30002,
  bookmarkSet: 30003,
} as const;

/** Kinds of which only the newest event of an author counts: 0, 3 and 10000–19999 (NIP-01). */
export function isReplaceableKind(kind: number): boolean {
  return kind === 0 || kind === 3 || (kind >= 10_000 && kind < 20_000);
}

/** Kinds that are handed on but never stored: 20000–29999 (NIP-01). */
export function isEphemeralKind(kind: number): boolean {
  return kind >= 20_000 && kind < 30_000;
}

/** Kinds of which only the newest event of an author and `d` tag counts: 30000–39999 (NIP-01). */
export function isAddressableKind(kind: number): boolean {
  return kind >= 30_000 && kind < 40_000;
}

/** Kinds whose every event is kept: all that are neither replaceable, ephemeral nor addressable. */
export function isRegularKind(kind: number): boolean {
  return !isReplaceableKind(kind) && !isEphemeralKind(kind) && !isAddressableKind(kind);
}
