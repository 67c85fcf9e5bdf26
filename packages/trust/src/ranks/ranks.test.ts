import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc, readText, requireSharedData, skipWithout } from '@nostrata/testing';
import { Graph } from '../graph/graph.ts';
import { grapeRank } from './grape-rank.ts';
import { hops, unreached } from './hops.ts';
import { pageRank } from './page-rank.ts';
import { graphOf, listsOf, naiveGrapeRank, naivePageRank, statements } from './test-naive.ts';

const users = 8;

function assertClose(actual: Iterable<number>, expected: readonly number[], tolerance: number): void {
  for (const [index, value] of [...actual].entries()) {
    assert.ok(Math.abs(value - (expected[index] ?? Number.NaN)) <= tolerance, `${index}: ${value} ${expected[index]}`);
  }
}

test('PageRank is what the definition says: from everywhere, from anchors, from one observer', () => {
  const seeds = fc.option(fc.uniqueArray(fc.nat(users - 1), { minLength: 1, maxLength: 3 }), { nil: undefined });
  fc.assert(
    fc.property(statements(users), seeds, (said, seeds) => {
      const { ranks, converged } = pageRank(graphOf(users, said), { seeds });
      assert.ok(converged);
      assertClose(ranks, naivePageRank(users, listsOf(said, 'follows'), seeds), 1e-5);
      assert.ok(Math.abs(ranks.reduce((sum, rank) => sum + rank, 0) - 1) < 1e-5);
    }),
  );
});

test('ranks are the same whatever ranks they begin from: those of any other lists, of fewer users, or of nobody', () => {
  const seeds = fc.option(fc.uniqueArray(fc.nat(users - 1), { minLength: 1, maxLength: 3 }), { nil: undefined });
  const fewer = fc.integer({ min: 0, max: users });
  fc.assert(
    fc.property(statements(users), statements(users), fc.tuple(seeds, fewer), (before, said, [seeds, known]) => {
      const start = pageRank(graphOf(users, before), { seeds }).ranks.slice(0, known);
      const { ranks, converged } = pageRank(graphOf(users, said), { seeds, start });
      assert.ok(converged);
      assertClose(ranks, naivePageRank(users, listsOf(said, 'follows'), seeds), 1e-5);
    }),
  );
});

test('nobody whom no anchor reaches has anchored rank, however many follow them and whomever they follow', () => {
  fc.assert(
    fc.property(statements(users), (said) => {
      const graph = graphOf(users, said);
      const distances = hops(graph.follows, [0]);
      const { ranks } = pageRank(graph, { seeds: [0] });
      for (const [user, rank] of ranks.entries()) assert.equal(rank > 0, distances[user] !== unreached);
    }),
  );
});

test('hops are the least number of follows from a seed', () => {
  fc.assert(
    fc.property(statements(users), fc.uniqueArray(fc.nat(users - 1), { maxLength: 3 }), (said, seeds) => {
      const lists = listsOf(said, 'follows');
      const expected = new Array<number>(users).fill(unreached);
      for (const seed of seeds) expected[seed] = 0;
      for (let round = 1; round <= users; round += 1) {
        for (const [author, listed] of lists) {
          if (expected[author] !== round - 1) continue;
          for (const one of listed) expected[one] = Math.min(expected[one] ?? 0, round);
        }
      }
      assert.deepEqual([...hops(graphOf(users, said).follows, seeds)], expected);
    }),
  );
});

test('GrapeRank is what the definition says', () => {
  fc.assert(
    fc.property(statements(users), fc.nat(users - 1), (said, observer) => {
      const graph = graphOf(users, said);
      const rated = { graph, mutes: graph.pairsOf('mutes'), reports: graph.pairsOf('reports') };
      const { influence, converged } = grapeRank(rated, [observer]);
      assert.ok(converged);
      // Each stops where a round changes less than 0.001; what is left to change is of that order.
      assertClose(influence, naiveGrapeRank(users, said, observer), 0.01);
    }),
  );
});

test('a mute by somebody of influence lowers influence, one by a stranger does not', () => {
  const follows = { relation: 'follows', author: 0, listed: [1, 2] } as const;
  const influenceOf = (author: number): number => {
    const graph = graphOf(4, [follows, { relation: 'mutes', author, listed: [2] }]);
    const rated = { graph, mutes: graph.pairsOf('mutes'), reports: graph.pairsOf('reports') };
    return grapeRank(rated, [0]).influence[2] ?? 0;
  };
  assert.ok(influenceOf(1) < influenceOf(3));
});

test('an iteration that is cut short says so', () => {
  const graph = graphOf(4, [
    { relation: 'follows', author: 0, listed: [1] },
    { relation: 'follows', author: 1, listed: [0, 2] },
  ]);
  const { iterations, converged } = pageRank(graph, { iterationsMax: 2 });
  assert.deepEqual([iterations, converged], [2, false]);
});

const realGraph = 'graph/social-graph.json.gz';

interface RealGraph {
  readonly uniqueIds: readonly (readonly [string, number])[];
  readonly followLists: readonly (readonly [number, readonly number[], number])[];
}

test('the real graph of 23,502 users: all are ranked, and the most followed stand first', {
  skip: skipWithout(realGraph),
}, () => {
  const real = JSON.parse(readText(requireSharedData(realGraph))) as RealGraph;
  const pubkeyById = new Map(real.uniqueIds.map(([pubkey, id]) => [id, pubkey]));
  const graph = new Graph(1);
  graph.startLoading();
  for (const [author, listed] of real.followLists) {
    const pubkeys = listed.map((id) => pubkeyById.get(id) ?? '');
    graph.setList('follows', pubkeyById.get(author) ?? '', pubkeys);
  }
  graph.endLoading();
  assert.ok(graph.users > 23_000 && graph.edges > 120_000, `${graph.users} users, ${graph.edges} follows`);
  const { ranks, converged } = pageRank(graph);
  assert.ok(converged);
  const [first] = [...ranks.keys()].sort((a, b) => (ranks[b] ?? 0) - (ranks[a] ?? 0));
  const followers = [...ranks.keys()].map((id) => graph.followers.lengths[id] ?? 0);
  assert.ok((followers[first ?? -1] ?? 0) > 0.5 * followers.reduce((a, b) => Math.max(a, b), 0));
  const root = graph.pubkeys.find(pubkeyById.get(0) ?? '');
  const distances = hops(graph.follows, [root]);
  assert.equal(distances[root], 0);
  assert.ok(distances.filter((distance) => distance <= 2).length > 20_000);
});
