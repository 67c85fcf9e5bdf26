import type { FollowGraph } from '../graph/graph.ts';
import { unreached } from './hops.ts';

/** A shortest chain of follows from one user to another, both included; null where there is none. */
export function shortestPath({ follows }: FollowGraph, from: number, to: number): number[] | null {
  const { starts, lengths, targets, count } = follows;
  if (from < 0 || to < 0 || from >= count || to >= count) return null;
  // Numbers of the previous user plus one, so that 0 stands for nobody.
  const previous = new Uint32Array(count);
  const queue = new Uint32Array(count);
  queue[0] = from;
  previous[from] = from + 1;
  let queued = 1;
  for (let at = 0; at < queued && previous[to] === 0; at += 1) {
    const user = queue[at] ?? 0;
    const start = starts[user] ?? 0;
    const end = start + (lengths[user] ?? 0);
    for (let edge = start; edge < end; edge += 1) {
      const target = targets[edge] ?? 0;
      if (previous[target] !== 0) continue;
      previous[target] = user + 1;
      queue[queued] = target;
      queued += 1;
    }
  }
  if (previous[to] === 0) return null;
  const path = [to];
  for (let user = to; user !== from; path.unshift(user)) user = (previous[user] ?? 1) - 1;
  return path;
}

/** Up to so many shortest paths that end at a user, by the hops from the seeds: walked backwards from there. */
export function pathsFromSeeds(
  { followers }: FollowGraph,
  distances: Uint8Array,
  { to, max }: { readonly to: number; readonly max: number },
): number[][] {
  if (to < 0 || to >= distances.length || (distances[to] ?? unreached) === unreached) return [];
  const found: number[][] = [];
  const walk = (path: readonly number[]): void => {
    const user = path[0] ?? 0;
    const distance = distances[user] ?? unreached;
    if (distance === 0) found.push([...path]);
    if (distance === 0) return;
    const start = followers.starts[user] ?? 0;
    const end = start + (followers.lengths[user] ?? 0);
    for (let at = start; at < end && found.length < max; at += 1) {
      const follower = followers.targets[at] ?? 0;
      if (distances[follower] === distance - 1) walk([follower, ...path]);
    }
  };
  walk([to]);
  return found;
}
