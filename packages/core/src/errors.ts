/** Why a signer did not do what it was asked. */
export type SignerFault = 'refused' | 'timeout' | 'unreachable' | 'read-only' | 'unsupported' | 'invalid';

/** A signer refused, was late, is not there or answered with something that is no signature of this event. */
export class SignerError extends Error {
  override readonly name = 'SignerError';
  readonly fault: SignerFault;

  constructor(fault: SignerFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
