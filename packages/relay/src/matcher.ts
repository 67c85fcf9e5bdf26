import { type Filter, matchFilter } from '@nostrata/protocol';
import type { Matcher } from './live-index.ts';

/** Compiles a filter for events that come in; `search` included. */
export function createMatcher(filter: Filter): Matcher {
  return (event) => matchFilter(filter, event);
}
