/** What went wrong, in words that do not depend on the engine. */
export type DatabaseFault = 'full' | 'busy' | 'damaged' | 'unwritable' | 'newer' | 'changed' | 'away' | 'other';

/** A database could not do its work. The message is one sentence for people; `fault` is for code. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly fault: DatabaseFault;

  constructor(fault: DatabaseFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
