/** Why a name server gave no answer that could be believed. All but `no-such-name` can pass. */
export type DnsFault = 'no-such-name' | 'servfail' | 'refused' | 'timeout' | 'unreachable' | 'malformed';

/** A look-up in DNS failed; the message is one sentence. */
export class DnsError extends Error {
  override readonly name = 'DnsError';
  readonly fault: DnsFault;

  constructor(fault: DnsFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** Reads DNS. */
export interface DnsLookup {
  /**
   * The TXT records of a name, the strings of each joined; none where the name has other records alone.
   * @throws DnsError
   */
  txt(name: string, signal?: AbortSignal): Promise<readonly string[]>;
}
