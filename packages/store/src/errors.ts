import { DatabaseError, type DatabaseFault } from '@nostrata/database';

/** Options of a `StoreError`. */
interface StoreErrorOptions extends ErrorOptions {
  readonly fault?: DatabaseFault | undefined;
}

/**
 * A store could not do its work: the disk is full, the file is locked or damaged, the server is gone. The message is one
 * sentence for people.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** What went wrong, for code; undefined where it was not the database. */
  readonly fault: DatabaseFault | undefined;

  constructor(message: string, { fault, ...options }: StoreErrorOptions = {}) {
    super(message, options);
    this.fault = fault ?? (options.cause instanceof DatabaseError ? options.cause.fault : undefined);
  }
}
