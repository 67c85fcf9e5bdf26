/** Characters of a subscription id (NIP-01). */
export const subIdCharactersMax = 64;

/** Characters of a relay URL; longer ones in the wild are several URLs run together. */
export const relayUrlCharactersMax = 200;

/** Seconds by which `created_at` of an authentication may differ from our clock (NIP-42: about ten minutes). */
export const authenticationSkewSeconds = 600;

/** Terms of a search query; each one costs an index lookup. */
export const searchTermsMax = 32;

/** Characters of an event that are searched, so that one long article cannot fill the index. */
export const searchTextCharactersMax = 100_000;

/** Characters of a bech32 text (NIP-19). */
export const bech32CharactersMax = 5_000;

/** Bytes that a negentropy message may at least have: 31 ids, or 16 fingerprints, and a border must fit. */
export const negentropyFrameBytesMin = 4_096;
