const dayMs = 86_400_000;

/** Characters of a local part at least and at most: two look deliberate, 32 fit on a card. */
export const localCharacters = { min: 2, max: 32 } as const;

/** Characters of a host name at most (RFC 1035, without the root's dot). */
export const hostCharactersMax = 253;

/** How long a name is held for a buyer before an invoice is open, in milliseconds. */
export const holdMs = 15 * 60_000;

/** After what was paid for, everything still works for so long: people forget, cards fail. */
export const graceMs = 30 * dayMs;

/** Then nothing is served any more, and the name is still its holder's for so long. */
export const expiredMs = 7 * dayMs;

/** Then nobody else can have it for so long: what others stored under the name is still fresh. */
export const quarantineMs = 30 * dayMs;

/** Names that one user holds with unpaid invoices at a time: more is squatting. */
export const holdsPerUserMax = 5;

/** Names in one list of a user. Who has more sees the newest. */
export const namesListedMax = 500;

/** Entries of a name's history in one list, the newest. */
export const changesListedMax = 500;

/** Years bought at once, and ahead of now at most: prices change. */
export const yearsMax = 10;

/** Relays of one name; clients ask two or three. */
export const relaysMax = 10;

/** Characters of a signed event that is kept as evidence: it names a name and a key, and needs a tenth of it. */
export const evidenceCharactersMax = 8192;

/** How far the time of a signed order may be from now: people sign and press send. */
export const orderSkewMs = 10 * 60_000;

/** How long a used order is remembered: twice its window, so that no clock lets it in again. */
export const orderMemoryMs = 2 * orderSkewMs + 60_000;

/** Answers of nostr.json kept in this process; each takes about half a kilobyte. */
export const answersMax = 20_000;

/** How long a kept answer is given without asking the database: what other processes change shows within that time. */
export const answerTtlMs = 30_000;

/** How long the last good answer stands in while the database is away. */
export const answerStaleMs = 3_600_000;

/** What clients are told to keep an answer for, in seconds. */
export const answerMaxAgeSeconds = 120;

/** Addresses of others whose look-up is kept. */
export const lookUpsMax = 10_000;

/** How long a look-up of somebody else's address is kept where it told something, and where it failed. */
export const lookUpTtlMs = { told: 10 * 60_000, failed: 60_000 } as const;

/** Look-ups under way at a time: each may wait five seconds. */
export const lookUpsAtOnce = 32;

/** Milliseconds for one look-up, and bytes of its answer at most. */
export const lookUpBounds = { timeoutMs: 5_000, bytesMax: 65_536 } as const;

/** Characters of an answer's relay URL that are looked at, and relays taken over. */
export const foreignRelaysMax = 20;

/** Names that one statement of the sweep reads. */
export const sweepRowsMax = 200;

/** How often the sweep looks at names that a plan covers: what is covered follows from the subscription. */
export const planLookMs = 60 * 60_000;

/** Names and rules in one list for admins. */
export const adminListMax = 100;
