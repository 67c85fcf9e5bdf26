/** Why a request to somebody else's server came to nothing. */
export type OutgoingFault =
  /** The URL, its port, or an address that its host resolves to is not one that may be asked. */
  | 'refused'
  /** The host has no address. */
  | 'unknown-host'
  /** It could not be reached, or the connection broke. */
  | 'unreachable'
  | 'tls'
  | 'timeout'
  /** It answered with a redirect, and none is followed. */
  | 'redirect'
  | 'too-large';

/** A request to somebody else's server failed; the message is one sentence. */
export class OutgoingError extends Error {
  override readonly name = 'OutgoingError';
  readonly fault: OutgoingFault;

  constructor(fault: OutgoingFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** What is sent. */
export interface OutgoingRequest {
  readonly method?: 'GET' | 'POST' | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | string | undefined;
  /** From the look-up to the last byte; 5,000 unless told. */
  readonly timeoutMs?: number | undefined;
  /** 64 KiB unless told. */
  readonly bytesMax?: number | undefined;
}

/** What came back, whatever the status; a redirect is told as such and never followed. */
export interface OutgoingReply {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Asks a server whose address somebody else chose: HTTPS on 443 (and what the operator allows), one look-up whose every
 * address must be public, connected to just that address, no redirects, bounded in time and bytes.
 * @throws OutgoingError
 */
export type Outgoing = (url: string, request?: OutgoingRequest) => Promise<OutgoingReply>;
