/**
 * Builds a generated graph from the texts of follow lists, in a process of its own, and says how long each part took:
 * `node bench/trust/graph-process.ts [USERS] [FOLLOWS]`. Prints one line of JSON.
 */
import { loadavg } from 'node:os';
import { createEngine, type Engine, type NetworkFigures } from '@nostrata/trust/engine';

const [users = 1_700_000, follows = 18_000_000] = process.argv.slice(2).map(Number);
const authors = Math.ceil(follows / 120);
const batchLists = 100;
const state = { word: 7 };
/** A number in [0, 1), the same in every run. The rooms of tests would take memory that is measured here. */
const next = (): number => {
  state.word = (Math.imul(state.word, 1_664_525) + 1_013_904_223) >>> 0;
  return state.word / 2 ** 32;
};
/** Digits that no other user has, spread over the whole pubkey. */
const pubkeyOf = (user: number): string => {
  const word = (salt: number) => (Math.imul(user + salt, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return (word(1) + word(77)).repeat(4);
};

/** Seconds on the clock, and of the processor: the machine may be busy with other things. */
interface Time {
  readonly wall: number;
  readonly cpu: number;
}

const measure = (work: () => unknown): Time => {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return { wall: rounded((performance.now() - startedMs) / 1_000), cpu: rounded((user + system) / 1e6) };
};
const rounded = (seconds: number): number => Math.round(seconds * 1_000) / 1_000;
const least = (times: readonly Time[]): Time => times.toSorted((a, b) => a.cpu - b.cpu)[0] ?? { wall: 0, cpu: 0 };

const engine = createEngine(7);
const anchors = [0, 1, 2, 3, 4].map(pubkeyOf);
const build = load(engine);
// The first round begins from nothing, later ones from the ranks before a change.
const first: NetworkFigures[] = [];
const full = measure(() => first.push(engine.rank({ anchors })));
const again = least(
  [7, 8].map((author) => {
    engine.replace({ relation: 'follows', pubkeys: [pubkeyOf(author)], texts: [listOf(author)] });
    return measure(() => engine.rank({ anchors }));
  }),
);
const personal = least(
  [100, 101, 102].map((observer) =>
    measure(() => engine.standings({ pubkeys: [pubkeyOf(5)], observer: pubkeyOf(observer) })),
  ),
);
const change = measure(() => engine.replace({ relation: 'follows', pubkeys: [pubkeyOf(9)], texts: [listOf(9)] }));
const { users: known, follows: edges } = engine.rank({ anchors });
console.log(
  JSON.stringify({
    users: known,
    follows: edges,
    iterations: first[0]?.iterations,
    build,
    full,
    again,
    personal,
    change,
    load: loadavg().map((value) => Math.round(value * 10) / 10),
    rssMb: Math.round(process.memoryUsage.rss() / 1e6),
    peakRssMb: Math.round((process.resourceUsage().maxRSS * 1_024) / 1e6),
  }),
);

/** Loads all lists and turns them around; making the texts is not part of the time. */
function load(engine: Engine): Time {
  engine.startLoading(null);
  let [wall, cpu] = [0, 0];
  const add = (time: Time): void => {
    wall = rounded(wall + time.wall);
    cpu = rounded(cpu + time.cpu);
  };
  for (let author = 0; author < authors; author += batchLists) {
    const texts = Array.from({ length: Math.min(batchLists, authors - author) }, (_, at) => listOf(author + at));
    add(measure(() => engine.load({ texts })));
  }
  add(measure(() => engine.endLoading(null)));
  return { wall, cpu };
}

/** A list of very different length; a part names users whom nobody named before, the rest mostly well-known ones. */
function listOf(author: number): string {
  const tags: string[] = [];
  const fresh = Math.ceil(users / authors);
  for (let at = 0; at < fresh; at += 1) tags.push(`["p","${pubkeyOf((author * fresh + at) % users)}"]`);
  const more = Math.floor(((follows / authors - fresh) * 4) / (4 * next() ** 0.5 + 1) / 1.24);
  for (let at = 0; at < more; at += 1) tags.push(`["p","${pubkeyOf(Math.floor(next() ** 3 * users))}"]`);
  return `{"kind":3,"pubkey":"${pubkeyOf(author)}","tags":[${tags.join()}]}`;
}
