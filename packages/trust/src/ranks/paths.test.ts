import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import { hops, unreached } from './hops.ts';
import { pathsFromSeeds, shortestPath } from './paths.ts';
import { similarUsers } from './similar.ts';
import { graphOf, listsOf, type Statement, statements } from './test-naive.ts';

const users = 8;

function assertChain(said: readonly Statement[], path: readonly number[]): void {
  const lists = listsOf(said, 'follows');
  for (const [at, user] of path.slice(1).entries()) assert.ok(lists.get(path[at] ?? -1)?.has(user), `${path}`);
}

test('a path is a chain of follows as short as the hops between its ends, or there is none', () => {
  fc.assert(
    fc.property(statements(users), fc.nat(users - 1), fc.nat(users - 1), (said, from, to) => {
      const graph = graphOf(users, said);
      const distance = hops(graph.follows, [from])[to];
      const path = shortestPath(graph, from, to);
      assert.equal(path === null, distance === unreached);
      if (!path) return;
      assert.deepEqual([path[0], path.at(-1), path.length - 1], [from, to, distance]);
      assertChain(said, path);
    }),
  );
});

test('paths from anchors are different chains, all of them shortest', () => {
  fc.assert(
    fc.property(statements(users), fc.nat(users - 1), (said, to) => {
      const graph = graphOf(users, said);
      const distances = hops(graph.follows, [0, 1]);
      const paths = pathsFromSeeds(graph, distances, { to, max: 3 });
      assert.equal(paths.length === 0, distances[to] === unreached);
      assert.equal(new Set(paths.map(String)).size, paths.length);
      assert.ok(paths.length <= 3);
      for (const path of paths) {
        assert.ok((path[0] === 0 || path[0] === 1) && path.at(-1) === to && path.length - 1 === distances[to]);
        assertChain(said, path);
      }
    }),
  );
});

test('similar are those with the same followers, by the cosine of both sets', () => {
  fc.assert(
    fc.property(statements(users), fc.nat(users - 1), (said, user) => {
      const graph = graphOf(users, said);
      const { similar, isApproximate } = similarUsers(graph, user, { limit: users, followersMax: users });
      assert.equal(isApproximate, false);
      const followersOf = (one: number): Set<number> => new Set(graph.followers.row(one));
      const mine = followersOf(user);
      for (let other = 0; other < users; other += 1) {
        const common = mine.intersection(followersOf(other)).size;
        const found = similar.find((one) => one.user === other);
        assert.equal(found !== undefined, other !== user && common >= 2);
        if (!found) continue;
        assert.equal(found.commonFollowers, common);
        assert.ok(Math.abs(found.similarity - common / Math.sqrt(mine.size * followersOf(other).size)) < 1e-9);
      }
    }),
  );
});
