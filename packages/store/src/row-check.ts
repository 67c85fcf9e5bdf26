import { compileFilter, type Filter, getSearchText, matchSearch, parseSearch } from '@nostrata/protocol';
import type { RowCheck } from './plan.ts';

/**
 * Compiles a filter to the exact check of one event: all conditions but limit. A search that requires words is left
 * to the search index; one that only excludes words is checked here, for no index can answer it.
 */
export function compileRowCheck(filter: Filter): RowCheck {
  const matches = compileFilter(filter);
  const query = parseSearch(filter.search ?? '');
  if (query.required.length > 0 || query.excluded.length === 0) return matches;
  return (event) => matches(event) && matchSearch(query, getSearchText(event));
}
