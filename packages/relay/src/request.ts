import { type Filter, InvalidError, parseFilter } from '@nostrata/protocol';
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

/** Says what is wrong with a subscription id; undefined where nothing is (NIP-01). */
export function checkSubscriptionId(id: string, limits: RelayLimits): Refusal | undefined {
  if (id === '') return { prefix: 'invalid', message: 'subscription id is empty' };
  if (id.length <= limits.subscriptionIdCharactersMax) return undefined;
  const most = limits.subscriptionIdCharactersMax;
  return { prefix: 'invalid', message: `subscription id is longer than ${most} characters` };
}

/** Parses the filters of REQ, COUNT or NEG-OPEN and checks them against limits and access. */
export function readFilters(
  values: readonly unknown[],
  connection: Connection,
  rules: RequestRules,
): readonly Filter[] | Refusal {
  const { limits } = rules;
  if (values.length === 0) return { prefix: 'invalid', message: 'a request needs at least one filter' };
  if (values.length > limits.filtersPerRequestMax) {
    return { prefix: 'invalid', message: `more than ${limits.filtersPerRequestMax} filters` };
  }
  const filters: Filter[] = [];
  for (const value of values) {
    const filter = readFilter(value);
    if ('prefix' in filter) return filter;
    const refusal = checkFilter(filter, rules);
    if (refusal) return refusal;
    filters.push(filter);
  }
  return checkAccess(filters, connection, rules) ?? filters;
}

function readFilter(value: unknown): Filter | Refusal {
  try {
    return parseFilter(value);
  } catch (error) {
    if (error instanceof InvalidError) return { prefix: 'invalid', message: error.message };
    throw error;
  }
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
