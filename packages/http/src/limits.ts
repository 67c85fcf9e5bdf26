/** Bytes of a request's body unless a route says otherwise: what people type, and one event. */
export const bodyBytesUsual = 64 * 1024;
