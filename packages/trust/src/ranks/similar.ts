import type { FollowGraph } from '../graph/graph.ts';

/** Somebody with the same followers. */
export interface Similar {
  readonly user: number;
  /** The cosine of both sets of followers, 0 to 1. */
  readonly similarity: number;
  readonly commonFollowers: number;
}

/**
 * Those who are followed by the same people, the most similar first; two common followers at least. Lists of at most
 * `followersMax` followers are read: with more the answer is approximate.
 */
export function similarUsers(
  { follows, followers }: FollowGraph,
  user: number,
  { limit, followersMax }: { readonly limit: number; readonly followersMax: number },
): { readonly similar: Similar[]; readonly isApproximate: boolean } {
  if (user < 0 || user >= follows.count) return { similar: [], isApproximate: false };
  const all = followers.lengths[user] ?? 0;
  const read = Math.min(all, followersMax);
  const common = new Map<number, number>();
  const start = followers.starts[user] ?? 0;
  for (const follower of followers.targets.subarray(start, start + read)) {
    const from = follows.starts[follower] ?? 0;
    for (const target of follows.targets.subarray(from, from + (follows.lengths[follower] ?? 0))) {
      if (target !== user) common.set(target, (common.get(target) ?? 0) + 1);
    }
  }
  const share = read === 0 ? 0 : all / read;
  const similar: Similar[] = [];
  for (const [other, count] of common) {
    if (count < 2) continue;
    const cosine = (count * share) / Math.sqrt(all * (followers.lengths[other] ?? 1));
    similar.push({ user: other, similarity: Math.min(1, cosine), commonFollowers: count });
  }
  similar.sort((a, b) => b.similarity - a.similarity || a.user - b.user);
  return { similar: similar.slice(0, limit), isApproximate: read < all };
}
