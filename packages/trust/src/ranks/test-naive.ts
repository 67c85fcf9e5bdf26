import { fc } from '@nostrata/testing';
import { Graph } from '../graph/graph.ts';
import { grapeRankDefaults } from './grape-rank.ts';

/** Lists by author, all as numbers of users: what the naive references work on. */
export type Lists = ReadonlyMap<number, ReadonlySet<number>>;

/** A pubkey of a number, for tests. */
export const pubkeyOf = (user: number): string => (user + 1).toString(16).padStart(64, '0');

/** One statement: whose list of which relation is now this. */
export interface Statement {
  readonly relation: 'follows' | 'mutes' | 'reports';
  readonly author: number;
  readonly listed: readonly number[];
}

/** A few lists, one after the other, of a few users. */
export function statements(users = 8): fc.Arbitrary<Statement[]> {
  const user = fc.nat(users - 1);
  const relation = fc.constantFrom('follows' as const, 'follows' as const, 'mutes' as const, 'reports' as const);
  return fc.array(fc.record({ relation, author: user, listed: fc.array(user, { maxLength: users }) }), {
    maxLength: 30,
  });
}

/** The last list of each author, without the author. */
export function listsOf(said: readonly Statement[], relation: Statement['relation']): Lists {
  const lists = new Map<number, Set<number>>();
  for (const statement of said) {
    if (statement.relation !== relation) continue;
    lists.set(statement.author, new Set(statement.listed.filter((listed) => listed !== statement.author)));
  }
  return lists;
}

/** A graph in which so many users are known by their numbers, without edges. */
export function graphOf(users: number, said: readonly Statement[]): Graph {
  const graph = new Graph(7);
  const everybody = Array.from({ length: users }, (_, user) => pubkeyOf(user));
  graph.setList('follows', pubkeyOf(0), everybody);
  graph.setList('follows', pubkeyOf(0), []);
  for (const { relation, author, listed } of said) graph.setList(relation, pubkeyOf(author), listed.map(pubkeyOf));
  return graph;
}

/** PageRank by the definition, each user at a time, a fixed number of rounds. */
export function naivePageRank(users: number, lists: Lists, seeds?: readonly number[]): number[] {
  const everybody = Array.from({ length: users }, (_, user) => user);
  const from = seeds ?? everybody;
  let ranks = everybody.map((user) => (from.includes(user) ? 1 / from.length : 0));
  for (let round = 0; round < 200; round += 1) {
    ranks = everybody.map((user) => {
      let rank = from.includes(user) ? 0.15 / from.length : 0;
      for (const source of everybody) {
        const list = lists.get(source) ?? new Set();
        const goesOn = list.size === 0 ? from : [...list];
        if (goesOn.includes(user)) rank += (0.85 * (ranks[source] ?? 0)) / goesOn.length;
      }
      return rank;
    });
  }
  return ranks;
}

/** GrapeRank by the definition, with every interaction as a record of its own. */
export function naiveGrapeRank(users: number, said: readonly Statement[], observer: number): number[] {
  const { follow, followOfObserver, mute, report } = grapeRankDefaults;
  const ratings: { rater: number; ratee: number; rating: number; confidence: number }[] = [];
  for (const [rater, list] of listsOf(said, 'follows')) {
    for (const ratee of list) ratings.push({ rater, ratee, ...(rater === observer ? followOfObserver : follow) });
  }
  for (const [rater, list] of listsOf(said, 'mutes')) for (const ratee of list) ratings.push({ rater, ratee, ...mute });
  for (const [rater, list] of listsOf(said, 'reports')) {
    for (const ratee of list) ratings.push({ rater, ratee, ...report });
  }
  let influence: number[] = Array.from({ length: users }, (_, user) => (user === observer ? 1 : 0));
  for (let round = 0; round < 200; round += 1) {
    influence = influence.map((_, ratee) => {
      if (ratee === observer) return 1;
      let sum = 0;
      let input = 0;
      for (const rating of ratings.filter((rating) => rating.ratee === ratee)) {
        const weight = (influence[rating.rater] ?? 0) * rating.confidence * (rating.rater === observer ? 1 : 0.85);
        input += weight;
        sum += weight * rating.rating;
      }
      return input === 0 ? 0 : Math.max(0, (sum / input) * (1 - Math.exp(-input * -Math.log(0.5))));
    });
  }
  return influence;
}
