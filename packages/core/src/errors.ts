import { DatabaseError } from '@nostrata/database';
import { StoreError } from '@nostrata/store';

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

/** Says whether a store or a database refused to write because no room is left. */
export function isFull(error: unknown): boolean {
  return (error instanceof StoreError || error instanceof DatabaseError) && error.fault === 'full';
}

/**
 * Why an event was not published. `refused`: the store would not keep it (superseded, deleted, expired); `replaces`: it
 * would replace a version that it was not made from; `full`: no room is left, on
 * the disk, in the browser's share of it, or for one more draft.
 */
export type PublishFault = 'refused' | 'replaces' | 'full';

/** An event was not published, and nothing was changed. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly fault: PublishFault;

  constructor(fault: PublishFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** An edit was not made, because the newest version could not be read from every relay that may have it. */
export class StaleBaseError extends Error {
  override readonly name = 'StaleBaseError';
  /** The relays that did not answer; none where no relay is known at all. */
  readonly silent: readonly string[];

  constructor(address: string, silent: readonly string[]) {
    const who = silent.length > 0 ? `no complete answer from ${silent.join(', ')}` : 'no relay is known to have it';
    super(`${address} was not edited, since its newest version could not be read: ${who}`);
    this.silent = silent;
  }
}
