/** Largest line of a file that is imported: twice what any relay takes, so that nothing real is refused unseen. */
export const importLineBytesMax = 16 * 2 ** 20;
/** Bytes read from a file at a time: large enough that reading costs nothing per line, small enough for the cache. */
export const readChunkBytes = 512 * 2 ** 10;
/** Different reasons that an import counts by name; the rest share one line. */
export const rejectReasonsMax = 100;
/** Characters of a bad line that are repeated in the rejects file. */
export const rejectedTextMax = 65_536;
/** Blocks of lines that an import has under way; with the size of a chunk this bounds its memory. */
export const importBlocksMax = 8;
/** Time between two writes of the state of an import, in milliseconds: what is read again after `kill -9`. */
export const importStateEveryMs = 1000;
/** Time between two progress lines, in milliseconds. */
export const progressEveryMs = 200;
/** Time that a stop may take before the process ends anyway, in milliseconds. */
export const stopMsMax = 8000;
/** Time between two sweeps of expired events (NIP-40), in milliseconds; they are invisible before. */
export const expireEveryMs = 60_000;
/** Bytes of the config file. */
export const configFileBytesMax = 2 ** 20;
/** Time that the store has to answer `/health`, in milliseconds. */
export const probeMsMax = 2000;
/** HTTP header bytes of one request. */
export const headerBytesMax = 16 * 2 ** 10;
/** Time a client has to send its HTTP headers, in milliseconds. */
export const headersMsMax = 10_000;
/** Free space below which `doctor` and `/health` warn, in bytes. */
export const freeBytesMin = 256 * 2 ** 20;
/** Open files below which `doctor` warns: each client is one. */
export const openFilesMin = 4096;
/** Ids that an export in order of age looks up at a time. */
export const selectIdsMax = 200;
/** Bad events that `verify` names; it counts them all. */
export const verifyProblemsMax = 1000;
/** Time that `publish --wait` gives to relays unless told, in milliseconds. */
export const publishWaitMs = 30_000;
/** Events that `publish --wait` has under way. */
export const publishPendingMax = 256;
/** Relays that one event is sent to: as many as the outbox takes. */
export const publishRelaysMax = 30;
/** How long an interrupted sync can be gone on with, in milliseconds: later everything is compared again. */
export const syncStateAgeMaxMs = 86_400_000;
/** Time that `get` gives to relays unless told, in milliseconds: what the library waits for an answer. */
export const getWaitMs = 10_000;
/** How long the follow lists of the trust anchors are taken as they were read, in milliseconds. */
export const anchorsEveryMs = 3_600_000;
/** Users of whom trusted assertions are published: those whom the anchors trust most. */
export const assertedUsersMax = 10_000;
/** How often it is looked whether their scores have changed, in milliseconds. */
export const assertionsEveryMs = 3_600_000;
/** The same after a failure. */
export const assertionsRetryMs = 60_000;
/** Followers of an account that `trust` prints. */
export const shownFollowersMax = 10;
/** Time that a price waits for a discount, in milliseconds; then there is none. */
export const discountMsMax = 2_000;
/** How long a process leads after its last word, in milliseconds; another one takes over within so long. */
export const leaseMs = 30_000;
/** How often it says that it still does. */
export const leaseRenewMs = 10_000;
/** Time within which every relay has been probed once after a start, in milliseconds, where probes are not rarer. */
export const firstProbesMsMax = 120_000;
/** Time after which probes are judged together at the latest, in milliseconds. */
export const probeRoundMsMax = 60_000;
/** Pauses between two times that the figures of relays are added up: the first one, and the longest, in milliseconds. */
export const relayFiguresMsMin = 5_000;
export const relayFiguresMsMax = 300_000;
/** How often the cache is asked for its figures, in milliseconds. */
export const cacheFiguresEveryMs = 15_000;
/** How often names of those who asked to be forgotten are looked for, in milliseconds. */
export const vanishEveryMs = 600_000;
