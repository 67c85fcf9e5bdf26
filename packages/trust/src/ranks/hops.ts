import { release } from '../graph/grown.ts';
import type { Rows } from '../graph/rows.ts';

/** Stands for users whom no walk reaches. */
export const unreached = 255;

/** For every user the least number of follows that lead there from one of the seeds: 0 for a seed, 255 where none does. */
export function hops(follows: Rows, seeds: readonly number[]): Uint8Array {
  const { starts, lengths, targets, count } = follows;
  const distances = new Uint8Array(count).fill(unreached);
  const queue = new Uint32Array(count);
  let queued = 0;
  const reach = (user: number, distance: number): void => {
    if (distances[user] !== unreached) return;
    distances[user] = distance;
    queue[queued] = user;
    queued += 1;
  };
  for (const seed of seeds) if (seed >= 0 && seed < count) reach(seed, 0);
  for (let at = 0; at < queued; at += 1) {
    const user = queue[at] ?? 0;
    const distance = Math.min((distances[user] ?? 0) + 1, unreached - 1);
    const start = starts[user] ?? 0;
    const end = start + (lengths[user] ?? 0);
    for (let edge = start; edge < end; edge += 1) reach(targets[edge] ?? 0, distance);
  }
  release(queue);
  return distances;
}
