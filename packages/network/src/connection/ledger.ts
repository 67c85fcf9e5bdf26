/** What went in and out of one relay, over all its connections. */
export interface Ledger {
  bytesIn: number;
  bytesOut: number;
  framesIn: number;
  framesOut: number;
  requests: number;
  forged: number;
  /** Frames that are no message of a relay. */
  garbage: number;
  lastFailure: string | undefined;
  lastNotice: string | undefined;
}

/** A ledger with nothing in it. */
export function createLedger(): Ledger {
  return {
    bytesIn: 0,
    bytesOut: 0,
    framesIn: 0,
    framesOut: 0,
    requests: 0,
    forged: 0,
    garbage: 0,
    lastFailure: undefined,
    lastNotice: undefined,
  };
}

/** Bytes of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
