import { type Filter, isReplaceableKind } from '@nostrata/protocol';
import type { RelayLimits } from './limits.ts';

/** Filters with the limits that the store is asked for, and those that the client is owed. */
export interface LimitPlan {
  readonly filters: readonly Filter[];
  readonly limits: readonly number[];
}

/**
 * Applies default and highest limit. Filters with `limit: 0` want no stored events and are left out. Where a single
 * filter is bounded by the relay and not by the client, one event more is asked for, so that EOSE can say whether
 * there is more (NIP-67).
 */
export function planLimits(filters: readonly Filter[], limits: RelayLimits): LimitPlan {
  const planned: Filter[] = [];
  const owed: number[] = [];
  for (const filter of filters) {
    const wanted = filter.limit ?? limits.limitEventsDefault;
    if (wanted === 0) continue;
    const most = Math.min(wanted, limits.limitEventsMax);
    owed.push(most);
    const asked = filters.length === 1 && filter.limit !== most ? most + 1 : most;
    planned.push(filter.limit === asked ? filter : { ...filter, limit: asked });
  }
  return { filters: planned, limits: owed };
}

/** Says whether that many events are certainly all that is stored for the filters (NIP-67 `finish`). */
export function isComplete(filters: readonly Filter[], limits: readonly number[], sent: number): boolean {
  if (filters.length === 0) return false;
  const first = filters[0];
  if (filters.length === 1 && first !== undefined) {
    const asked = first.limit ?? 0;
    return sent < asked || sent >= countPossible(first);
  }
  return limits.every((limit) => sent < limit);
}

/** The highest number of events that can be stored for the filter. */
function countPossible({ ids, authors, kinds }: Filter): number {
  if (ids) return ids.length;
  if (authors && kinds?.every(isReplaceableKind)) return authors.length * kinds.length;
  return Number.POSITIVE_INFINITY;
}
