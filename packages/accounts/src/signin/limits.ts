const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Milliseconds in which a challenge has to be signed: somebody reads a prompt of a signer, perhaps on another device. */
export const challengeMs = 5 * minuteMs;

/** Seconds by which `created_at` of a signed challenge may differ from our clock, either way (NIP-42: about ten minutes). */
export const challengeSkewSeconds = 600;

/** Seconds by which `created_at` of a signed request may differ from our clock, either way (NIP-98 suggests 60). */
export const requestSkewSeconds = 60;

/** Milliseconds for which a signed request is remembered: both sides of the window, and ten seconds for clocks that are put right. */
export const usedEventMs = 130_000;

/** Characters of an encoded event in an `Authorization` header: what servers commonly take as one header. */
export const headerCharactersMax = 8 * 1024;

/** Milliseconds in which a wallet has to scan and to sign. */
export const lnurlMs = 5 * minuteMs;

/** Characters of a DER signature in hex: two whole numbers of 33 bytes and their six bytes around. */
export const derCharactersMax = 144;

/** Wrong signatures of one code that are looked at: wallets that mistake something try once or twice. */
export const wrongSignaturesMax = 20;

/** Characters of a poll secret: 32 bytes in base64url. */
export const pollSecretCharacters = 43;

/** Milliseconds that a session lives without being refreshed. */
export const sessionMs = 30 * dayMs;

/** Milliseconds after which a session ends, however often it was refreshed. */
export const sessionMsMax = 90 * dayMs;

/** Milliseconds in which the token before the last refresh is still good: requests under way, and a lost answer. */
export const turnGraceMs = minuteMs;

/** Milliseconds between two writes of when a session was used: a page asks many times a minute. */
export const usedEveryMs = minuteMs;

/** Milliseconds for which sessions that ended are kept, so that an old token is told from a made-up one. */
export const deadSessionMs = 30 * dayMs;

/** Sessions of one user at a time; the one used longest ago makes room. */
export const sessionsPerUserMax = 100;

/** Characters of a token: ours have about 400. */
export const tokenCharactersMax = 2_048;

/** Characters of a `User-Agent` that are kept for the list of sessions. */
export const agentCharactersMax = 200;

/** Characters of a `Cookie` header that are looked at: eight times 4 KiB, more than servers take. */
export const cookieCharactersMax = 32 * 1024;

/** Rows that one statement of the sweep removes, so that it never holds the database for long. */
export const sweepRowsMax = 1_000;
