/** Characters of a hook's URL. */
export const urlCharsMax = 500;

/** Milliseconds that a receiver has, from the look-up to the last byte of its answer. */
export const answerMsMax = 5_000;

/** Bytes of a receiver's answer: what a page of an error takes; nothing of it is read. */
export const answerBytesMax = 64 * 1024;

/** Pauses before the second and the further attempts: a receiver that is away for a day and a half misses nothing. */
export const pausesMs: readonly number[] = [10_000, 60_000, 600_000, 3_600_000, 21_600_000, 86_400_000];

/** How much longer a pause may be than it says: receivers that come back are not asked by all at once. */
export const jitter = 0.2;

/** Milliseconds for which a claimed delivery belongs to the process that claimed it; after that, it ended on the way. */
export const leaseMs = 60_000;

/** Deliveries that are on their way at once. */
export const claimedMax = 32;

/** Of them to one hook: who hangs holds up few others. */
export const claimedOfHookMax = 4;

/** Notices that are spread over hooks in one transaction. */
export const spreadMax = 200;

/** Rounds of one dispatch; what is left is for the next. */
export const roundsMax = 50;

/** A hook that fails for so long is switched off: five days. */
export const failingMsMax = 5 * 86_400_000;

/** For how long after a rotation the secret before signs too: a day to put the new one in place. */
export const rotationMs = 86_400_000;

/** How long notices and deliveries are kept: 30 days. */
export const keptMs = 30 * 86_400_000;

/** Deliveries of one listing. */
export const listedMax = 100;
