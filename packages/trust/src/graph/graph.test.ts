import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import { graphOf, listsOf, pubkeyOf, type Statement, statements } from '../ranks/test-naive.ts';
import { Graph } from './graph.ts';
import { Pubkeys } from './pubkeys.ts';
import { ChangingRows } from './rows.ts';

const users = 8;

/** What the graph says, as text that can be compared. */
function describe(graph: Graph): unknown {
  const numbers = Array.from({ length: graph.users }, (_, id) => id);
  const name = (id: number): string => graph.pubkeys.get(id);
  const sides = (['follows', 'followers'] as const).map((side) =>
    numbers.map((id) => [name(id), [...graph[side].row(id)].map(name).sort()]).filter(([, row]) => row?.length),
  );
  return sides.map((side) => side.sort());
}

test('a pubkey gets the next number once, keeps it, and is written back the same', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3_000), { maxLength: 200 }), fc.integer(), (numbers, seed) => {
      const pubkeys = new Pubkeys(seed);
      const ids = new Map<string, number>();
      for (const pubkey of numbers.map(pubkeyOf)) {
        const id = pubkeys.add(pubkey, 1_000_000);
        assert.equal(id, ids.get(pubkey) ?? ids.size);
        ids.set(pubkey, id);
      }
      for (const [pubkey, id] of ids) assert.deepEqual([pubkeys.find(pubkey), pubkeys.get(id)], [id, pubkey]);
      assert.equal(pubkeys.find('f'.repeat(64)), -1);
    }),
  );
});

test('the table of pubkeys grows past its first size, and ends where it is told', () => {
  const pubkeys = new Pubkeys(1);
  for (let user = 0; user < 150_000; user += 1) assert.equal(pubkeys.add(pubkeyOf(user), 150_000), user);
  assert.equal(pubkeys.add(pubkeyOf(150_000), 150_000), -1);
  for (let user = 0; user < 150_000; user += 997) assert.equal(pubkeys.find(pubkeyOf(user)), user);
});

test('what is no pubkey of 64 lower-case digits has no number', () => {
  const pubkeys = new Pubkeys(1);
  for (const text of ['', 'abc', 'A'.repeat(64), 'g'.repeat(64), '0'.repeat(63), '0'.repeat(65)]) {
    assert.equal(pubkeys.add(text, 10), -1);
  }
});

test('the last list of everybody counts, both ways, however lists came before', () => {
  fc.assert(
    fc.property(statements(users), (said) => {
      const graph = graphOf(users, said);
      const fresh = new Graph(99);
      fresh.startLoading();
      for (const [author, listed] of listsOf(said, 'follows')) {
        fresh.setList('follows', pubkeyOf(author), [...listed].map(pubkeyOf));
      }
      fresh.endLoading();
      assert.deepEqual(describe(graph), describe(fresh));
      const pairs = [...listsOf(said, 'mutes')].flatMap(([author, listed]) => [...listed].map((one) => [author, one]));
      const { sources, targets } = graph.pairsOf('mutes');
      assert.deepEqual([...sources].map((source, at) => [source, targets[at]]).sort(), pairs.sort());
      assert.equal(graph.follows.live, graph.followers.live);
    }),
  );
});

test('rows that change keep their numbers while others move, close up and grow', () => {
  const change = fc.record({ index: fc.nat(9), values: fc.uniqueArray(fc.nat(99), { maxLength: 12 }), way: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const rows = new ChangingRows();
      rows.grow(10);
      const model = Array.from({ length: 10 }, (): Set<number> => new Set());
      for (const { index, values, way } of changes) {
        const set = model[index] ?? new Set();
        if (way === 0) rows.closeUp();
        else if (way === 1) {
          rows.set(index, Uint32Array.from(values));
          model[index] = new Set(values);
        } else {
          for (const value of values) {
            if (way === 2 && !set.has(value)) rows.push(index, value);
            if (way === 3) rows.delete(index, value);
            if (way === 2) set.add(value);
            else set.delete(value);
          }
        }
      }
      for (const [index, set] of model.entries()) assert.deepEqual(new Set(rows.row(index)), set);
      assert.equal(
        rows.live,
        model.reduce((sum, set) => sum + set.size, 0),
      );
    }),
  );
});

test('lists that change all day take no more than an eighth above what they hold', () => {
  const graph = new Graph(1);
  const said: Statement[] = [];
  for (let round = 0; round < 3_000; round += 1) {
    const listed = Array.from({ length: 50 + (round % 100) }, (_, at) => (round * 31 + at * 7) % 500);
    said.push({ relation: 'follows', author: round % 500, listed });
  }
  for (const { author, listed } of said) graph.setList('follows', pubkeyOf(author), listed.map(pubkeyOf));
  for (const rows of [graph.follows, graph.followers]) assert.ok(rows.gaps <= Math.max(65_536, rows.live / 8));
});

test('names beyond a limit are left out and counted', () => {
  const graph = new Graph(1, { usersMax: 3, listMax: 2 });
  graph.setList('follows', pubkeyOf(0), [1, 2, 3].map(pubkeyOf));
  assert.deepEqual([graph.users, graph.edges, graph.leftOut], [3, 2, 1]);
  graph.setList('follows', pubkeyOf(9), [pubkeyOf(0)]);
  assert.deepEqual([graph.users, graph.edges, graph.leftOut], [3, 2, 2]);
});
