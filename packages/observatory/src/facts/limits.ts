/** Ids of authors and clients remembered in each of two generations: some 10 MB in all. */
export const dictionaryCacheMax = 50_000;

/** Characters of the name of a client: more than any has, and a bound to what forged ones cost. */
export const clientNameCharactersMax = 64;

/** Characters of the address of a client: kind, pubkey and a short identifier. */
export const clientAddressCharactersMax = 200;

/** A zap of more than a million satoshi is not believed: most of such receipts are forged. Millisatoshi. */
export const zapMsatMax = 1_000_000_000;

/** What one suspect zap adds to the sum of the suspect ones, in satoshi: sums of forgeries stay whole numbers. */
export const suspectSatMax = 100_000_000;

/** Zap receipts checked in one go: some ten milliseconds, after which the thread is given away. */
export const receiptsAtOnce = 8;
