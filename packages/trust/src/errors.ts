/** What went wrong: nothing is known yet or now, the question makes no sense, or it was asked after `stop`. */
export type TrustFault = 'unavailable' | 'argument' | 'stopped';

/** No answer about trust. Callers who sell treat it as `no discount`, never as a failed payment. */
export class TrustError extends Error {
  override readonly name = 'TrustError';
  readonly fault: TrustFault;

  constructor(fault: TrustFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
