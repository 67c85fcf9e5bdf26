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

/** Characters of names in a profile, which stand in one line; longest seen in the wild: 100, a Lightning address. */
export const profileNameCharactersMax = 300;

/** Characters of `about` in a profile; longest seen in the wild: 1,462. */
export const profileAboutCharactersMax = 10_000;

/** Characters of a URL in a profile; longest seen in the wild: 2,715. What is longer is a picture inside its own URL. */
export const profileUrlCharactersMax = 4_000;

/** Characters of a petname in a follow list (NIP-02). */
export const petnameCharactersMax = 100;

/** Characters of a reaction: the longest emoji has 35, the rest is for shortcodes (NIP-30). */
export const reactionCharactersMax = 64;

/** Characters of titles and ids in lists (NIP-51). */
export const listTitleCharactersMax = 300;

/** Characters of descriptions and picture URLs in lists. */
export const listTextCharactersMax = 4_000;

/** Characters of the decrypted private part of a list: 20,000 mutes. */
export const privateTagsCharactersMax = 2_000_000;

/** Characters of a Lightning invoice: many times what route hints need. */
export const invoiceCharactersMax = 10_000;

/** Characters of a zap request inside its receipt; longest seen in the wild: about 3,000. */
export const zapRequestCharactersMax = 64_000;

/** Characters of an encrypted payload (NIP-44): half a megabyte of text, more than relays take as one event. */
export const nip44PayloadCharactersMax = 1_000_000;

/** Seconds by which seals and gift wraps are dated back at most (NIP-17: two days). */
export const giftWrapBackdateSeconds = 172_800;

/** Characters of the encrypted content of a gift wrap; what is inside each layer fits into the next limit. */
export const giftWrapContentCharactersMax = 500_000;

/** Characters of a seal as JSON. */
export const sealCharactersMax = 300_000;

/** Characters of a rumor as JSON. */
export const rumorCharactersMax = 180_000;

/** Members of a chat room beside its author; NIP-17 advises against more than ten. */
export const chatMembersMax = 100;

/** Characters of a message between a client and its remote signer, once decrypted (NIP-46). */
export const remoteMessageCharactersMax = 500_000;

/** Characters of a `bunker://` or `nostrconnect://` URL. */
export const connectUrlCharactersMax = 8_000;

/** Rounds of scrypt as a power of two (NIP-49): one gibibyte of memory. */
export const ncryptsecLogRoundsMax = 20;
