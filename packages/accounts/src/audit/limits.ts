/** Entries that are read at a time while the chain is checked: about 500 KB. */
export const pageEntries = 1000;

/** Entries of one answer of the listing. */
export const listedMax = 100;

/** Signed heads that are checked: a hundred years of days. */
export const headsMax = 36_525;
