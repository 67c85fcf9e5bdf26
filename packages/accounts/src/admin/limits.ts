/** Users of one page. */
export const usersPageMax = 50;

/** Characters that are searched for: the longest is a profile address (`npub1…`) or an address of a name. */
export const searchCharsMax = 320;

/** Characters of a note or a reason: a sentence or two. */
export const noteCharsMax = 500;
