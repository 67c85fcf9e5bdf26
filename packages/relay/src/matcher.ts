import { compileFilter, type Filter, getSearchText, type Matcher, matchSearch, parseSearch } from '@nostrata/protocol';

/** Compiles a filter for events that come in, `search` included (NIP-50). */
export function createMatcher(filter: Filter): Matcher {
  const matches = compileFilter(filter);
  if (filter.search === undefined) return matches;
  const query = parseSearch(filter.search);
  return (event) => matches(event) && matchSearch(query, getSearchText(event));
}
