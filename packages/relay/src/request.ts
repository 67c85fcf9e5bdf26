import type { Filter } from '@nostrata/protocol';
import { asksOnlyRestricted } from './access.ts';
import type { Connection } from './connection.ts';
import type { Refusal } from './contract.ts';
import type { RelayLimits } from './limits.ts';

/** What a request for events is checked against. */
export interface RequestRules {
  readonly limits: RelayLimits;
  readonly authRequiredToRead: boolean;
  readonly search: boolean;
}

/** A request for events, read but not yet checked. */
export interface Request {
  readonly id: string;
  readonly filters: readonly Filter[];
}

/** Checks REQ, COUNT or NEG-OPEN against limits and access; undefined where it may be served. */
export function checkRequest(
  { id, filters }: Request,
  connection: Connection,
  rules: RequestRules,
): Refusal | undefined {
  const { filtersPerRequestMax, subscriptionIdCharactersMax } = rules.limits;
  if (id.length > subscriptionIdCharactersMax) {
    return { prefix: 'invalid', message: `subscription id is longer than ${subscriptionIdCharactersMax} characters` };
  }
  if (filters.length > filtersPerRequestMax) {
    return { prefix: 'invalid', message: `more than ${filtersPerRequestMax} filters` };
  }
  for (const filter of filters) {
    const refusal = checkFilter(filter, rules);
    if (refusal) return refusal;
  }
  return checkAccess(filters, connection, rules);
}

function checkFilter(filter: Filter, { limits, search }: RequestRules): Refusal | undefined {
  const most = limits.valuesPerFilterMax;
  const tooLong = (name: string): Refusal => ({ prefix: 'invalid', message: `more than ${most} values in ${name}` });
  if (filter.ids !== undefined && filter.ids.length > most) return tooLong('ids');
  if (filter.authors !== undefined && filter.authors.length > most) return tooLong('authors');
  if (filter.kinds !== undefined && filter.kinds.length > most) return tooLong('kinds');
  for (const letter in filter.tags) {
    if ((filter.tags[letter]?.length ?? 0) > most) return tooLong(`#${letter}`);
  }
  if (filter.search === undefined || search) return undefined;
  return { prefix: 'unsupported', message: 'this relay does not search (NIP-50)' };
}

function checkAccess(filters: readonly Filter[], connection: Connection, rules: RequestRules): Refusal | undefined {
  if (connection.authenticated.size > 0) return undefined;
  if (rules.authRequiredToRead) return { prefix: 'auth-required', message: 'only authenticated clients may read here' };
  if (!asksOnlyRestricted(filters)) return undefined;
  return { prefix: 'auth-required', message: 'events of these kinds are served to those involved only' };
}
