export { type Address, formatAddress, getAddress, getIdentifier, parseAddress } from './src/address.ts';
export {
  type BitcoinNetwork,
  type Invoice,
  isPreimageOf,
  parseInvoice,
  recoverPayee,
} from './src/bolt11.ts';
export { compileFilter, compileFilters, type Matcher } from './src/compile-filter.ts';
export { assert, InvalidError } from './src/errors.ts';
export {
  getEventId,
  idOfSerialized,
  idPreimage,
  isHex64,
  type NostrEvent,
  parseEvent,
  serializeEvent,
  strictIdPreimage,
  type Tag,
  type UnsignedEvent,
  type VerifiedEvent,
} from './src/event.ts';
export { type Favorite, parseFavorite } from './src/favorites.ts';
export {
  type Filter,
  getGeohashPrefix,
  isGeohash,
  matchFilter,
  matchFilters,
  parseFilter,
  serializeFilter,
} from './src/filter.ts';
export { decodeGeohash, encodeGeohash, type GeohashCell, getGeohashNeighbors, type Place } from './src/geohash.ts';
export { isPublicAddress } from './src/internet-address.ts';
export { isAddressableKind, isEphemeralKind, isRegularKind, isReplaceableKind, Kind } from './src/kinds.ts';
export { encodeLnurl } from './src/lud01.ts';
export {
  type ClientMessage,
  type ClientVerb,
  type InvalidMessage,
  isSubId,
  parseClientMessage,
} from './src/messages.ts';
export { type Follow, type Follows, parseFollows } from './src/nip02.ts';
export { decryptNip04, encryptNip04 } from './src/nip04.ts';
export { type DeletionRequest, parseDeletionRequest } from './src/nip09.ts';
export { parseThread, type ThreadPlace } from './src/nip10.ts';
export { parseRelayInformation, type RelayFee, type RelayInformation, type RelayLimitation } from './src/nip11.ts';
export { getCommittedDifficulty, getDifficulty, getProvenDifficulty } from './src/nip13.ts';
export {
  type ChatFile,
  type ChatMessage,
  type ChatMessageParts,
  createChatMessage,
  getChatRoom,
  getChatRoomId,
  parseChatMessage,
  parseInboxRelays,
} from './src/nip17.ts';
export { parseQuotes, parseRepost, type Repost } from './src/nip18.ts';
export {
  decodeNip19,
  type EventPointer,
  encodeNaddr,
  encodeNevent,
  encodeNote,
  encodeNprofile,
  encodeNpub,
  encodeNsec,
  type Nip19,
} from './src/nip19.ts';
export { type Comment, type CommentTarget, parseComment } from './src/nip22.ts';
export { type Birthday, type Profile, parseProfile } from './src/nip24.ts';
export { parseReaction, type Reaction, type ReactionType } from './src/nip25.ts';
export { isExpired } from './src/nip40.ts';
export { type AuthenticationContext, findAuthenticationFault } from './src/nip42.ts';
export { decryptNip44, encryptNip44, getConversationKey } from './src/nip44.ts';
export {
  addToHll,
  createHll,
  estimateHll,
  formatHll,
  getHllOffset,
  hllRegisters,
  mergeHll,
  parseHll,
} from './src/nip45.ts';
export {
  type BunkerPointer,
  type ClientMetadata,
  type ClientPointer,
  formatBunkerUrl,
  formatClientUrl,
  formatRemoteRequest,
  formatRemoteResponse,
  parseBunkerUrl,
  parseClientUrl,
  parseRemoteRequest,
  parseRemoteResponse,
  type RemoteMethod,
  type RemoteRequest,
  type RemoteResponse,
} from './src/nip46.ts';
export { decryptSecret, encryptSecret, type KeyHistory, type SecretEncryptionOptions } from './src/nip49.ts';
export {
  countTerm,
  getSearchText,
  matchSearch,
  parseSearch,
  type SearchQuery,
  type SearchTerm,
  tokenize,
} from './src/nip50.ts';
export {
  type Blocks,
  type Bookmarks,
  formatPrivateTags,
  getListEncryption,
  type Mutes,
  parseBlocks,
  parseBookmarks,
  parseMutes,
  parsePrivateTags,
  parseRelaySet,
  parseSetTitle,
  type SetTitle,
} from './src/nip51.ts';
export {
  parseZapShares,
  validateZapReceipt,
  type ZapFault,
  type ZapOptions,
  type ZapReceipt,
  type ZapRemark,
  type ZapShare,
} from './src/nip57.ts';
export {
  createRumor,
  type EncryptingSigner,
  type OpenOptions,
  openGiftWrap,
  parseRumor,
  type Rumor,
  type WrapOptions,
  wrapRumor,
} from './src/nip59.ts';
export { allRelays, isVanishRequestFor } from './src/nip62.ts';
export { type ListedRelay, parseRelayList } from './src/nip65.ts';
export { embedsProtectedEvent } from './src/nip70.ts';
export { answerNegentropy, createNegentropyClient, type NegentropyClient, type ReconcileOptions } from './src/nip77.ts';
export { createSyncItems, type SyncItems } from './src/nip77-items.ts';
export type { AddressReference, EventReference } from './src/references.ts';
export {
  authFrame,
  closedFrame,
  countFrame,
  type EoseHint,
  eoseFrame,
  eventFramePrefix,
  getReasonPrefix,
  negErrorFrame,
  negMessageFrame,
  noticeFrame,
  okFrame,
  parseRelayMessage,
  type ReasonPrefix,
  type RelayMessage,
} from './src/relay-messages.ts';
export { classifyRelayUrl, normalizeRelayUrl, type RelayUrlClass } from './src/relay-url.ts';
export { getPublicKey, signEvent } from './src/sign.ts';
export {
  getExpiration,
  getIndexedTags,
  getTag,
  getTagValue,
  getTagValues,
  isIndexedTagName,
  isProtected,
} from './src/tags.ts';
export { cutText, wholeText } from './src/text.ts';
export { hasValidId, hasValidSignature, verifyEvent } from './src/verify.ts';
