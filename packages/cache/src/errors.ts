/**
 * What went wrong. `away`: the engine does not answer now and may later; `refused`: it does not let this client in, or
 * not do this; `full`: no room, here or there; `argument`: the caller's mistake; `stopped`: this cache was stopped;
 * `listener`: a function that listens to a channel threw; `other`: the engine's own sentence is in the message.
 */
export type CacheFault = 'away' | 'refused' | 'full' | 'argument' | 'stopped' | 'listener' | 'other';

/** A cache could not do its work. The message is one sentence for people, without secrets; `fault` is for code. */
export class CacheError extends Error {
  override readonly name = 'CacheError';
  readonly fault: CacheFault;

  constructor(fault: CacheFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
