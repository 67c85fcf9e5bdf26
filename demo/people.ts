import { createKeys, type Keys, type SeededRandom } from '@nostrata/testing';

/** Somebody who lives in the demonstration. */
export interface Person extends Keys {
  readonly name: string;
  /** What the person writes with; empty where the program does not say. */
  readonly client: string;
  /** Relays that the person writes to, by place. */
  readonly homes: readonly number[];
  /** When the person came, in seconds since 1970. */
  readonly sinceSeconds: number;
  /** The last time that the person comes back; most stay, some try it for a day. */
  readonly untilSeconds: number;
}

/** Who lives where, from when on. */
export interface PeopleOptions {
  readonly count: number;
  readonly relays: number;
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

const clients = ['Lichen', 'Basalt', 'Schist', 'Driftwood', 'Moraine', 'Kettle', 'Fathom', 'Tern', 'Scree', 'Loam'];
const syllables = 'ba do fa gi ka li mo na pe ro sa ti u ve wi zo al en is or'.split(' ');

/** Makes people; the same random source gives the same ones. Who came first does most. */
export function createPeople(random: SeededRandom, options: PeopleOptions): Person[] {
  const { count, relays, fromSeconds, toSeconds } = options;
  const span = toSeconds - fromSeconds;
  return Array.from({ length: count }, (_, place) => {
    // A third was there before; the others came since, some more each week.
    const came = place < count / 3 ? 0 : Math.sqrt(random.next());
    const sinceSeconds = Math.floor(fromSeconds + came * span);
    const stays = random.next() < 0.55;
    return {
      ...createKeys(`demonstration person ${place}`),
      name: Array.from({ length: 2 + random.integer(2) }, () => random.pick(syllables)).join(''),
      client: random.next() < 0.4 ? '' : (clients[Math.floor(random.next() ** 2 * clients.length)] ?? ''),
      // Some relays are popular.
      homes: [...new Set(Array.from({ length: 2 + random.integer(4) }, () => Math.floor(random.next() ** 2 * relays)))],
      sinceSeconds,
      untilSeconds: stays ? Number.POSITIVE_INFINITY : sinceSeconds + Math.floor(random.next() * 86_400 * 6),
    };
  });
}

/** Somebody who is about at that time: the early ones more often. */
export function pickPerson(people: readonly Person[], random: SeededRandom, atSeconds: number): Person | undefined {
  for (let attempt = 0; attempt < 12; attempt++) {
    const person = people[Math.floor(random.next() ** 1.7 * people.length)];
    if (person && person.sinceSeconds <= atSeconds && atSeconds <= person.untilSeconds) return person;
  }
  return undefined;
}
