import { DatabaseError } from '@nostrata/database';
import { StoreError } from '../errors.ts';
import type { Failure } from './wire.ts';

/** An error as it is sent. */
export function toFailure(error: unknown): Failure {
  if (error instanceof StoreError) return { kind: 'store', fault: error.fault, message: error.message };
  if (error instanceof DatabaseError) return { kind: 'database', fault: error.fault, message: error.message };
  return { kind: 'other', fault: undefined, message: error instanceof Error ? error.message : String(error) };
}

/** The error that was sent. */
export function fromFailure({ kind, fault, message }: Failure): Error {
  if (kind === 'database') return new DatabaseError(fault ?? 'other', message);
  return kind === 'store' ? new StoreError(message, { fault }) : new Error(message);
}
