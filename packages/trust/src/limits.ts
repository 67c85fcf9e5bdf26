/** Room for pubkeys at the start; it doubles. A power of two. */
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
