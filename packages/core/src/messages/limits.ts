/** Gift wraps that are opened at the same time: a remote signer answers several, and a key in memory needs no more. */
export const unwrapsAtOnce = 4;

/** Times that a gift wrap is tried which the signer does not open; after that it counts as unreadable. */
export const unwrapAttemptsMax = 3;

/** Gift wraps that wait to be opened; beyond that the store is looked through again instead. */
export const wrapsWaitingMax = 5_000;

/** Messages of one page unless told. */
export const pageMessages = 50;

/** Messages or rooms of one page at most. */
export const pageMessagesMax = 500;

/** Seconds by which a new look at a relay reaches back: gift wraps are dated back by up to two days, and clocks differ. */
export const inboxOverlapSeconds = 2 * 86_400 + 3_600;

/** Gift wraps asked of a relay at a time. */
export const inboxPageEvents = 500;

/** Pages that are asked of one relay in one go: 100,000 messages. */
export const inboxPagesMax = 200;

/** Milliseconds for one page. */
export const inboxDeadlineMs = 15_000;

/** Inbox relays of one person to which a message goes; NIP-17 wants lists of one to three. */
export const inboxRelaysMax = 6;

/** Events of one second that may be a page cut by a relay; fewer are all there is, since no relay gives so few. */
export const sameSecondEvents = 10;
