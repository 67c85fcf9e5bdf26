import { listMax, reportsMax, usersMax } from '../limits.ts';
import { release } from './grown.ts';
import { Pubkeys } from './pubkeys.ts';
import { ChangingRows, type Rows } from './rows.ts';

/** What one user says about others: follow lists (kind 3), public mutes (kind 10000), reports (kind 1984). */
export type Relation = 'follows' | 'mutes' | 'reports';

/** Who follows whom, both ways: `followers` is `follows` turned around. */
export interface FollowGraph {
  readonly follows: Rows;
  readonly followers: Rows;
}

/** Pairs of numbers: who speaks, and about whom. */
export interface Pairs {
  readonly sources: Uint32Array;
  readonly targets: Uint32Array;
}

/** How the graph is bounded; for tests. */
export interface GraphLimits {
  readonly usersMax?: number | undefined;
  readonly listMax?: number | undefined;
}

/**
 * The graph of who follows, mutes and reports whom, in typed arrays. Users have dense numbers that change at the end of
 * loading alone; one who is gone is a user without edges. Nobody has an edge to themselves, and every edge counts once.
 */
export class Graph implements FollowGraph {
  readonly pubkeys: Pubkeys;
  readonly follows = new ChangingRows();
  readonly followers = new ChangingRows();
  /** Few people mute or report: a map takes less than arrays with a place for everybody. */
  readonly mutes = new Map<number, Uint32Array>();
  readonly reports = new Map<number, Uint32Array>();
  /** Names in lists that were left out because a limit was reached. */
  leftOut = 0;
  readonly #usersMax: number;
  readonly #listMax: number;
  #isLoading = false;

  constructor(seed: number, limits: GraphLimits = {}) {
    this.pubkeys = new Pubkeys(seed);
    this.#usersMax = limits.usersMax ?? usersMax;
    this.#listMax = limits.listMax ?? listMax;
  }

  /** Users that were ever named. */
  get users(): number {
    return this.pubkeys.size;
  }

  /** Pairs of follower and followed. */
  get edges(): number {
    return this.follows.live;
  }

  /** Until `endLoading`, changes of follow lists do not reach `followers`, which is then turned around at once. */
  startLoading(): void {
    this.#isLoading = true;
  }

  /** Ends what `startLoading` began. */
  endLoading(): void {
    this.#isLoading = false;
    this.#putAuthorsFirst();
    this.followers.setReverseOf(this.follows);
  }

  /** Puts another list in the place of somebody's list; an empty one where it is gone. What is no pubkey is left out. */
  setList(relation: Relation, pubkey: string, listed: readonly string[]): void {
    if (listed.length === 0 && this.pubkeys.find(pubkey) < 0) return;
    const source = this.#add(pubkey);
    if (source < 0) return;
    const max = relation === 'reports' ? reportsMax : this.#listMax;
    const values = this.#toNumbers(source, listed, max);
    this.follows.grow(this.users);
    this.followers.grow(this.users);
    if (relation === 'follows') this.#setFollows(source, values);
    else if (values.length > 0) this[relation].set(source, values);
    else this[relation].delete(source);
  }

  /** Mutes or reports as pairs, of which the algorithms make what they need. */
  pairsOf(relation: 'mutes' | 'reports'): Pairs {
    let total = 0;
    for (const listed of this[relation].values()) total += listed.length;
    const pairs = { sources: new Uint32Array(total), targets: new Uint32Array(total) };
    let at = 0;
    for (const [source, listed] of this[relation]) {
      pairs.sources.fill(source, at, at + listed.length);
      pairs.targets.set(listed, at);
      at += listed.length;
    }
    return pairs;
  }

  /** Only authors pass rank on: next to one another, what they give fits into the caches of the processor. */
  #putAuthorsFirst(): void {
    const { lengths } = this.follows;
    const numbers = new Uint32Array(this.users);
    let next = 0;
    for (const areAuthors of [true, false]) {
      for (let user = 0; user < numbers.length; user += 1) {
        if ((lengths[user] ?? 0) > 0 !== areAuthors) continue;
        numbers[user] = next;
        next += 1;
      }
    }
    this.pubkeys.renumber(numbers);
    this.follows.renumber(numbers);
    for (const relation of [this.mutes, this.reports]) renumberMap(relation, numbers);
    release(numbers);
  }

  #add(pubkey: string): number {
    const id = this.pubkeys.add(pubkey, this.#usersMax);
    if (id < 0) this.leftOut += 1;
    return id;
  }

  /** The numbers of the listed, ascending, each once, without the author. */
  #toNumbers(source: number, listed: readonly string[], max: number): Uint32Array {
    const numbers = new Uint32Array(Math.min(listed.length, max));
    let count = 0;
    for (const pubkey of listed) {
      if (count === numbers.length) break;
      const target = this.pubkeys.add(pubkey, this.#usersMax);
      if (target < 0) this.leftOut += this.users >= this.#usersMax ? 1 : 0;
      else if (target !== source) {
        numbers[count] = target;
        count += 1;
      }
    }
    if (listed.length > max) this.leftOut += listed.length - max;
    return onceEach(numbers.subarray(0, count).sort());
  }

  #setFollows(source: number, values: Uint32Array): void {
    if (!this.#isLoading) this.#tellFollowers(source, values);
    this.follows.set(source, values);
  }

  /** Walks through the old list and the new one together, both ascending. */
  #tellFollowers(source: number, values: Uint32Array): void {
    const old = this.follows.row(source);
    let atOld = 0;
    let atNew = 0;
    while (atOld < old.length || atNew < values.length) {
      const before = old[atOld] ?? Number.POSITIVE_INFINITY;
      const after = values[atNew] ?? Number.POSITIVE_INFINITY;
      if (before < after) this.followers.delete(before, source);
      if (after < before) this.followers.push(after, source);
      if (before <= after) atOld += 1;
      if (after <= before) atNew += 1;
    }
  }
}

function renumberMap(relation: Map<number, Uint32Array>, numbers: Uint32Array): void {
  const lists = [...relation];
  relation.clear();
  for (const [source, listed] of lists) {
    relation.set(numbers[source] ?? 0, listed.map((target) => numbers[target] ?? 0).sort());
  }
}

/** Takes repetitions out of an ascending array, in place. */
function onceEach(ascending: Uint32Array): Uint32Array {
  let count = 0;
  for (let at = 0; at < ascending.length; at += 1) {
    const value = ascending[at] ?? 0;
    if (count > 0 && ascending[count - 1] === value) continue;
    ascending[count] = value;
    count += 1;
  }
  return ascending.subarray(0, count);
}
