import type { FollowGraph } from '../graph/graph.ts';
import { release } from '../graph/grown.ts';

/** Somebody with the same followers. */
export interface Similar {
  readonly user: number;
  /** The cosine of both sets of followers, 0 to 1. */
  readonly similarity: number;
  readonly commonFollowers: number;
}

/** How similar users are looked for. */
export interface SimilarOptions {
  readonly limit: number;
  readonly followersMax: number;
  /** Whose follows count; everybody's unless told. */
  readonly counts?: ((follower: number) => boolean) | undefined;
}

/**
 * Those who are followed by the same people, the most similar first; two common followers at least. Lists of at most
 * `followersMax` followers are read: with more the answer is approximate.
 */
export function similarUsers(
  graph: FollowGraph,
  user: number,
  { limit, followersMax, counts }: SimilarOptions,
): { readonly similar: Similar[]; readonly isApproximate: boolean } {
  const { follows, followers } = graph;
  if (user < 0 || user >= follows.count) return { similar: [], isApproximate: false };
  const start = followers.starts[user] ?? 0;
  const row = followers.targets.subarray(start, start + (followers.lengths[user] ?? 0));
  const counted = counts ? row.filter(counts) : row;
  const all = counted.length;
  const read = Math.min(all, followersMax);
  const common = new Map<number, number>();
  for (const follower of counted.subarray(0, read)) {
    const from = follows.starts[follower] ?? 0;
    for (const target of follows.targets.subarray(from, from + (follows.lengths[follower] ?? 0))) {
      if (target !== user) common.set(target, (common.get(target) ?? 0) + 1);
    }
  }
  const sizes = counts ? countFollowers(graph, counts) : followers.lengths;
  const share = read === 0 ? 0 : all / read;
  const similar: Similar[] = [];
  for (const [other, count] of common) {
    if (count < 2) continue;
    const cosine = (count * share) / Math.sqrt(all * (sizes[other] ?? 1));
    similar.push({ user: other, similarity: Math.min(1, cosine), commonFollowers: count });
  }
  similar.sort((a, b) => b.similarity - a.similarity || a.user - b.user);
  if (counts) release(sizes);
  return { similar: similar.slice(0, limit), isApproximate: read < all };
}

/** How many followers everybody has among those who count. */
function countFollowers({ follows }: FollowGraph, counts: (follower: number) => boolean): Uint32Array {
  const { starts, lengths, targets, count } = follows;
  const sizes = new Uint32Array(count);
  for (let follower = 0; follower < count; follower += 1) {
    const length = lengths[follower] ?? 0;
    if (length === 0 || !counts(follower)) continue;
    const start = starts[follower] ?? 0;
    for (let edge = start; edge < start + length; edge += 1) {
      const target = targets[edge] ?? 0;
      sizes[target] = (sizes[target] ?? 0) + 1;
    }
  }
  return sizes;
}
