/** Checks kept in memory; the rest are read from the database when they are asked for. About 200 bytes each. */
export const checksInMemoryMax = 50_000;
/** Milliseconds between a check or a range and its way to the database: many of them come at once. */
export const flushAfterMs = 200;
/** Rows written with one statement: three to six parameters each, far below the 32,766 that SQLite takes. */
export const flushRowsMax = 500;
/** Milliseconds after which a check is forgotten: nothing is fresh for so long. */
export const checkAgeMaxMs = 30 * 86_400_000;
/** Pairs of atom and relay whose ranges are in memory. */
export const coverageInMemoryMax = 50_000;
/** Ranges of one atom at one relay; the oldest are forgotten, which costs a request and never hides anything. */
export const rangesMax = 32;
/** Milliseconds in which requests for single events are gathered into few REQs: less than anyone sees. */
export const gatherMs = 4;
/** Keys of one gathered request. */
export const gatherKeysMax = 500;
/** Milliseconds that a read waits for the network unless told. */
export const readDeadlineMs = 10_000;
/** Milliseconds that looking up relay lists may take before a request goes to the default relays. */
export const relayListDeadlineMs = 3_000;
/** Seconds by which a warm request reaches back: clocks differ, and events arrive late. */
export const overlapSeconds = 600;
/** Events per page of a timeline unless told. */
export const pageEvents = 50;
/** Events that a timeline holds at most; older ones go when newer ones come, and come back with `older`. */
export const timelineEventsMax = 5_000;
/** Events asked of one relay for one filter of a warm request. */
export const catchUpLimit = 500;
/** Authors or tag values of one filter. */
export const filterValuesMax = 500;
/** Milliseconds between two emissions of a timeline or a watch: one frame of a screen. */
export const emitEveryMs = 16;
/** Milliseconds until the next try of a publication, by number of tries made; the last one repeats. */
export const retryMs = {
  eventual: [5_000, 15_000, 60_000, 300_000, 900_000],
  control: [2_000, 5_000, 15_000, 60_000, 300_000],
  authRequired: [60_000],
} as const;
/** Milliseconds after which a relay that never answered is given up for one publication. */
export const publishAgeMaxMs = 7 * 86_400_000;
/** Milliseconds that a relay has for its OK. */
export const okDeadlineMs = 10_000;
/** Milliseconds until an unsigned draft is given up unless told: as long as a relay is tried. */
export const draftAgeMs = 7 * 86_400_000;
/** The longest that a draft may wait: relays refuse events that are much older. */
export const draftAgeMaxMs = 30 * 86_400_000;
/** Unsigned drafts kept at a time; one more is refused. */
export const draftsMax = 1_000;
/** Milliseconds until a signer that was not there is asked again, by number of tries made; the last one repeats. */
export const askAgainMs = [15_000, 60_000, 300_000, 900_000, 3_600_000] as const;
/** Tries that a person who was asked and said nothing counts for: nobody is to be shown the same every 15 seconds. */
export const lateAnswerTries = 3;
/** Milliseconds for which one process has the asking to itself, and between two renewals; others take over after that. */
export const askClaimMs = 15_000;
export const askRenewMs = 5_000;
/** The longest timer: those of JavaScript end at 24 days. */
export const timerMaxMs = 86_400_000;
/** Milliseconds until something that failed here, not at a relay, is tried again: a full disk may have room then. */
export const ownFailureWaitMs = 15_000;
/** Relays of one publication. */
export const publishRelaysMax = 30;
/** Relays that are sent to at the same time. */
export const sendsAtOnce = 8;
/** Publications kept after they are settled, for pages that list them. */
export const settledKeptMax = 1_000;
/** Milliseconds for the complete read before an edit. */
export const editDeadlineMs = 15_000;
/** Tries of an edit whose base changes while it is signed. */
export const editAttemptsMax = 3;
/** Replies of a thread that are loaded at a time. */
export const threadEventsMax = 500;
/** Bits of proof of work: 2^40 hashes take weeks, more is a mistake. */
export const difficultyMax = 40;
/** Hashes between two reports of a mining thread: about a tenth of a second. */
export const miningBatchHashes = 50_000;
/** Hashes between two turns of a page: about five milliseconds. */
export const miningSliceHashes = 2_000;
/** Bytes per hour with which background refresh is content unless told: about 50,000 notes. */
export const backgroundBytesPerHour = 64 * 1024 * 1024;
/** Pages in a row without anything new that one step back asks for. */
export const olderRoundsMax = 8;
/** Inbox relays that may know who writes; the one shown to first is forgotten first. */
export const shownRelaysMax = 1_000;
/** Records of an import on their way through the door at a time. */
export const importsAtOnce = 1_000;
/** Milliseconds between two looks at what other processes have put into the outbox, or have sent of ours. */
export const watchEveryMs = 1_000;
/** Milliseconds between two rounds of warming: a quarter of the shortest freshness that is warmed. */
export const keepWarmEveryMs = 900_000;
/** Relays of the author of a thread that are asked for answers, beside the application's own. */
export const threadRelaysMax = 3;
/** Relays that are asked for the answers to an event at least, where so many can be reached. */
export const threadRelaysMin = 2;
/** Milliseconds for which the owner's relay list is good enough to say where an edit reads its base. */
export const ownListFreshMs = 600_000;
/** Rounds in which the base of an edit is read, where each finds a newer relay list with other relays. */
export const baseRoundsMax = 3;
/** People of whom is remembered that they were shown: their profiles are checked together with a timeline. */
export const shownPeopleMax = 250;
/** Milliseconds after which somebody who is not shown again is no longer one of them. */
export const shownAgeMaxMs = 2 * 86_400_000;
/** Milliseconds in which showing somebody again is not written down again. */
export const shownAgainMs = 600_000;
/** Seconds before the last check from which profiles are asked for beside notes: clocks of authors may be slow by that. */
export const profileOverlapSeconds = 86_400;
/** Profiles and relay lists in memory: about one kilobyte each. */
export const rowsInMemoryMax = 5_000;

/** People whom an observer follows that have a say in trust over two steps, the first of the list. */
export const trustFollowsMax = 5_000;
/** Milliseconds that an answer of the store waits for the signer to decrypt the declared providers. */
export const decryptWaitMs = 1_000;
/** Milliseconds that a refresh waits for it: a person may have to allow it. */
export const decryptLoadWaitMs = 5_000;
/** Milliseconds after which a decryption that failed is tried again. */
export const decryptAgainMs = 300_000;
