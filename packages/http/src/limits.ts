/** Bytes of a request's body unless a route says otherwise: what people type, and one event. */
export const bodyBytesUsual = 64 * 1024;
/** Bytes of a body that a route without one overlooks: clients send `{}` with everything. */
export const bodyBytesOverlooked = 1_024;
/** How long a body may take to arrive: 64 KiB are there in seconds, and the server gives up whole requests after 10. */
export const bodyMsMax = 8_000;
/** How long an answer of the cache is waited for: longer, and the cache counts as gone. */
export const cacheMsMax = 500;
/** Callers that the limiter of this process counts while the cache is gone; the oldest is forgotten. */
export const countedCallersMax = 20_000;
/** Requests of one address in one window, unless told. */
export const requestsUsual = 100;
/** How many times its limit an address has for all who have it for nothing: an office, not a farm of made-up keys. */
export const usersOfAddress = 10;
/** The window of the rate limit, unless told: 15 minutes. */
export const windowMsUsual = 900_000;
/** Wrong credentials of one address in one window, unless told: more than people mistype, too few to guess with. */
export const failuresUsual = 30;
/** How long a request to somebody else's server may take in all, unless told. */
export const outgoingMsUsual = 5_000;
/** How long a name server may take for the addresses of a host. */
export const lookupMsMax = 3_000;
/** Bytes of an answer of somebody else's server, unless told: a document with some thousand names. */
export const outgoingBytesUsual = 64 * 1024;
/** Bytes of the headers of such an answer. */
export const outgoingHeaderBytesMax = 16 * 1024;
/** Addresses of one host that are tried at most: clients try as many before they give up. */
export const outgoingAddressesMax = 4;
/** Bodies below this go uncompressed: they fit into one packet. */
export const compressedBytesMin = 1_024;
