import { DatabaseError, type DatabaseFault } from './errors.ts';

/** The SQLSTATE of a failed statement (five characters), or undefined where the failure is none of the server's. */
export function sqlStateOf(error: unknown): string | undefined {
  const source = error instanceof DatabaseError ? error.cause : error;
  const code = source instanceof Error && 'code' in source ? String(source.code) : '';
  return /^[0-9A-Z]{5}$/.test(code) && 'severity' in (source as Error) ? code : undefined;
}

/** Says whether the connection is gone, so that it cannot even roll back. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== undefined) return faultOf(state) === 'away';
  return error instanceof DatabaseError && error.fault === 'away';
}

/**
 * Names a failure of the driver or the server in one sentence.
 * @returns the error itself where it is neither
 */
export function toPostgresError(place: string, error: unknown): unknown {
  if (error instanceof DatabaseError || !(error instanceof Error)) return error;
  const state = sqlStateOf(error);
  if (state !== undefined) {
    return new DatabaseError(faultOf(state), sentence(place, state, error.message), { cause: error });
  }
  if (!isDriverError(error)) return error;
  const code = 'code' in error ? ` (${String(error.code)})` : '';
  return new DatabaseError('away', `PostgreSQL at ${place} does not answer${code}`, { cause: error });
}

/** What pg and the socket below it throw without a SQLSTATE is about the connection. Errors of ours have own names. */
function isDriverError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'Error' || error.name === 'AggregateError';
}

/** Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html. */
function faultOf(state: string): DatabaseFault {
  if (state.startsWith('08') || state === '57P01' || state === '57P02' || state === '57P03' || state === '57P05') {
    return 'away';
  }
  if (state === '53100') return 'full';
  if (state === '40001' || state === '40P01' || state === '55P03' || state === '53300') return 'busy';
  if (state === '25006' || state === '42501') return 'unwritable';
  if (state.startsWith('XX00')) return 'damaged';
  return 'other';
}

function sentence(place: string, state: string, text: string): string {
  switch (faultOf(state)) {
    case 'away':
      return `PostgreSQL at ${place} closed the connection (${state})`;
    case 'full':
      return `PostgreSQL at ${place} has no room left on its disk`;
    case 'busy':
      return state === '53300' ? `PostgreSQL at ${place} takes no more connections` : `PostgreSQL at ${place} is busy`;
    case 'unwritable':
      return `PostgreSQL at ${place} does not let this user write (${state})`;
    case 'damaged':
      return `PostgreSQL at ${place} reports damage: ${text}`;
    default:
      break;
  }
  if (state === '28P01' || state === '28000') return `PostgreSQL at ${place} refuses this user or password`;
  if (state === '3D000') return `PostgreSQL at ${place}: there is no such database`;
  return `PostgreSQL at ${place} failed (${state}): ${text}`;
}
