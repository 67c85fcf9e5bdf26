/** Room for pubkeys at the start; it grows by half. A power of two. */
export const pubkeysInitial = 1 << 16;

/** Users in the graph. More are left out and the scores say `partial`: a forger can name any number of pubkeys. */
export const usersMax = 4_000_000;

/** People of one list that count, the first ones: the longest honest lists have about that many. */
export const listMax = 10_000;

/** Gaps between rows, in numbers, below which closing up is not worth it. */
export const rowsGapMin = 65_536;

/** The share of gaps at which rows close up. */
export const rowsGapShare = 0.125;

/** Reports of one author that count, the newest: nobody reports that many people by hand. */
export const reportsMax = 10_000;

/** Personalised ranks kept, the last asked for: each takes 4 bytes a user. */
export const observersKept = 2;

/** Who stand first in what `network` says, and followers that `explain` names. */
export const namedMax = 20;

/** Shortest paths that `explain` gives. */
export const pathsMax = 5;

/** Followers of somebody whose lists `similar` reads, the first of them; more make its answer approximate. */
export const similarFollowersMax = 2_000;

/** Follows from an observer to the followers that `similar` counts from that point of view. */
export const similarHopsMax = 2;

/** Similar accounts in one answer. */
export const similarMax = 100;

/** Lists that are sent to the thread in one message. */
export const loadBatchEvents = 100;

/** Authors whose lists are read again from the store in one query. */
export const replaceBatchAuthors = 100;

/** Changed lists that wait; more than that, and everything is loaded anew. */
export const waitingListsMax = 200_000;

/** How often changed lists are taken into the graph. */
export const flushIntervalMs = 5_000;

/** Ranks are computed at most this often: a full rank of 1.7 M users takes about a second. */
export const rankIntervalMs = 60_000;

/** A cached score younger than this is given as it is; older ones are computed anew while they are given. */
export const freshMs = 60_000;

/** No score older than this is given but as `stale` (`wot-scores`: five minutes). */
export const scoreTtlMs = 300_000;

/** How long a score is kept for times without web of trust. */
export const staleMs = 3_600_000;

/** A thread that ended is started again after this, twice as long each time. */
export const restartFirstMs = 1_000;

/** The longest wait before a thread is started again. */
export const restartMaxMs = 60_000;

/** Requests that may wait for the thread; more are refused. */
export const requestsMax = 10_000;

/** Notes of the last seven days that are looked at. */
export const notesMax = 500;

/** Notes of the last seven days whose dates are looked at: one in two minutes, day and night. */
export const noteTimesMax = 5_000;

/** Events of any kind that are looked at for what sort of account it is. */
export const recentMax = 50;

/** Notes whose arrival is looked at, each by a question of its own. */
export const arrivalsMax = 20;

/** Notes that are compared with one another. */
export const repeatNotesMax = 200;

/** Different words of a note that are compared. */
export const repeatWordsMax = 64;

/** Other notes that one note is compared with. */
export const clusterCandidatesMax = 20;

/** Anchors that are taken. */
export const anchorsMax = 10_000;

/** Assertions that are compared with what was said before in one query. */
export const assertionBatch = 100;

/** Characters of a result or an external id that are read. */
export const assertionValueCharactersMax = 1_024;

/** Declared providers of one user that count. */
export const providersMax = 200;

/** How long others may keep an answer of the HTTP API. */
export const answerFreshMs = 30_000;

/** Characters of a pubkey as it is written: an `nprofile` with a few relays. */
export const nameCharactersMax = 1_024;

/** Megabytes for new objects of the thread: more would only be filled with garbage. */
export const threadYoungMb = 24;

/** Megabytes of other objects of the thread: public mutes and reports, and texts under way. */
export const threadOldMb = 256;
