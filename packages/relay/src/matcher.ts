import { compileFilter, type Filter, getSearchText, type Matcher, matchSearch, parseSearch } from '@nostrata/protocol';

/**
 * The test of a live filter, `search` included (NIP-50). It is compiled when the first event comes near: most requests
 * of most clients are closed before.
 */
export function createMatcher(filter: Filter): Matcher {
  let compiled: Matcher | undefined;
  return (event) => {
    compiled ??= compile(filter);
    return compiled(event);
  };
}

function compile(filter: Filter): Matcher {
  const matches = compileFilter(filter);
  if (filter.search === undefined) return matches;
  const query = parseSearch(filter.search);
  return (event) => matches(event) && matchSearch(query, getSearchText(event));
}
