export { type Address, formatAddress, getAddress, getIdentifier, parseAddress } from './src/address.ts';
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
export {
  type Filter,
  getGeohashPrefix,
  matchFilter,
  matchFilters,
  parseFilter,
  serializeFilter,
} from './src/filter.ts';
export { isAddressableKind, isEphemeralKind, isRegularKind, isReplaceableKind, Kind } from './src/kinds.ts';
export {
  getExpiration,
  getIndexedTags,
  getTag,
  getTagValue,
  getTagValues,
  isIndexedTagName,
  isProtected,
} from './src/tags.ts';
