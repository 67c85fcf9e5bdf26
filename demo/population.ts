import { Kind, type Tag, type VerifiedEvent } from '@nostrata/protocol';
import { createKeys, type Keys, type SeededRandom, signEvent } from '@nostrata/testing';
import { writeInvoice } from './invoice.ts';
import { type Person, pickPerson } from './people.ts';

/** An event, and the relays that it goes to, by place. */
export interface Publication {
  readonly event: VerifiedEvent;
  readonly homes: readonly number[];
}

/** A note that others answer. */
interface Target {
  readonly id: string;
  readonly pubkey: string;
  readonly homes: readonly number[];
}

/** What everybody who acts works with. */
interface Scene {
  readonly random: SeededRandom;
  readonly people: readonly Person[];
  readonly urls: readonly string[];
  readonly recent: Target[];
  readonly introduced: Set<Person>;
}

const thoughts = [
  'good morning from the harbour',
  'anyone reading this on the new relay?',
  'fixed the bug, found two more',
  'tea first, then keys',
  'the tide table was wrong again',
  'who runs a relay on a boat',
  'first light over the ridge',
  'reading about strata all night',
  'this note is made up, like everything here',
  'small updates, often',
  'a walk before the rain',
  'does anybody else count their zaps',
  'moved my relay list, hope you still see me',
  'the map is not the territory',
  'wrote a client in a weekend, regretted it by Tuesday',
];

const wallet = (): Keys => createKeys('demonstration wallet');

/**
 * People that write, answer, zap and now and then change their minds. The function returned gives what somebody
 * publishes at a time; the first thing that most do is to say who they are.
 */
export function createPopulation(
  random: SeededRandom,
  people: readonly Person[],
  urls: readonly string[],
): (atSeconds: number) => Publication[] {
  const scene: Scene = { random, people, urls, recent: [], introduced: new Set() };
  return (atSeconds) => {
    const person = pickPerson(people, random, atSeconds);
    if (!person) return [];
    const before = scene.introduced.has(person) ? [] : introduce(scene, person, atSeconds);
    scene.introduced.add(person);
    return [...before, act(scene, person, atSeconds)];
  };
}

interface Draft {
  readonly kind: number;
  readonly content?: string;
  readonly tags?: Tag[];
}

function sign({ pubkey, secret }: Keys, created_at: number, { kind, content = '', tags = [] }: Draft): VerifiedEvent {
  return signEvent({ pubkey, created_at, kind, tags, content }, secret);
}

function introduce({ random, people, urls }: Scene, person: Person, atSeconds: number): Publication[] {
  if (random.next() < 0.15) return [];
  const { name, homes } = person;
  const followed = people.filter((other) => other !== person && random.next() < 0.03);
  const drafts: Draft[] = [
    { kind: Kind.profile, content: JSON.stringify({ name, about: random.pick(thoughts) }) },
    { kind: Kind.relayList, tags: homes.map((home) => ['r', urls[home] ?? '']) },
    { kind: Kind.follows, tags: followed.map(({ pubkey }) => ['p', pubkey]) },
  ];
  return drafts.map((draft) => ({ event: sign(person, atSeconds, draft), homes: [0, ...homes] }));
}

function act(scene: Scene, person: Person, atSeconds: number): Publication {
  const { random, recent } = scene;
  const chance = random.next();
  const target = recent[Math.floor(random.next() * recent.length)];
  if (!target || chance < 0.45) return write(scene, person, atSeconds);
  const tags: Tag[] = [
    ['e', target.id],
    ['p', target.pubkey],
  ];
  if (chance < 0.9) {
    const isReaction = chance < 0.8;
    const draft: Draft = {
      kind: isReaction ? Kind.reaction : Kind.repost,
      content: isReaction ? random.pick(['+', '+', '🤙', '🌊', '🔥']) : '',
      tags: withClient(person, tags),
    };
    return { event: sign(person, atSeconds, draft), homes: person.homes };
  }
  if (chance < 0.95) return zap(scene, { person, target, atSeconds });
  return change(scene, person, atSeconds);
}

function write({ random, recent }: Scene, person: Person, atSeconds: number): Publication {
  const target = random.next() < 0.35 ? recent[Math.floor(random.next() * recent.length)] : undefined;
  const tags: Tag[] = target
    ? [
        ['e', target.id, '', 'root'],
        ['p', target.pubkey],
      ]
    : [];
  const draft = { kind: Kind.note, content: random.pick(thoughts), tags: withClient(person, tags) };
  const event = sign(person, atSeconds, draft);
  recent.push({ id: event.id, pubkey: person.pubkey, homes: person.homes });
  if (recent.length > 400) recent.splice(0, 200);
  return { event, homes: person.homes };
}

/** A receipt that counts: a signed request, and an invoice over the same amount. */
function zap(
  { random, urls }: Scene,
  { person, target, atSeconds }: { readonly person: Person; readonly target: Target; readonly atSeconds: number },
): Publication {
  const sat = random.pick([1, 21, 21, 21, 100, 100, 210, 500, 1_000, 2_100, 5_000, 21_000]);
  const parties: Tag[] = [
    ['p', target.pubkey],
    ['e', target.id],
  ];
  const asked: Tag[] = [...parties, ['amount', String(sat * 1_000)], ['relays', ...urls.slice(0, 2)]];
  const request = JSON.stringify(sign(person, atSeconds, { kind: Kind.zapRequest, tags: asked }));
  const bolt11 = writeInvoice({ sat, createdAt: atSeconds, word: request, description: request });
  const tags: Tag[] = [...parties, ['P', person.pubkey], ['bolt11', bolt11], ['description', request]];
  return { event: sign(wallet(), atSeconds, { kind: Kind.zapReceipt, tags }), homes: target.homes };
}

/** A new version of something: an article, or who one is. */
function change({ random }: Scene, person: Person, atSeconds: number): Publication {
  const isArticle = random.next() < 0.5;
  const draft: Draft = isArticle
    ? {
        kind: 30_023,
        content: Array.from({ length: 30 }, () => random.pick(thoughts)).join('. '),
        tags: withClient(person, [
          ['d', `piece-${random.integer(9)}`],
          ['title', random.pick(thoughts)],
        ]),
      }
    : { kind: Kind.profile, content: JSON.stringify({ name: person.name, about: random.pick(thoughts) }) };
  return { event: sign(person, atSeconds, draft), homes: person.homes };
}

function withClient({ client }: Person, tags: Tag[]): Tag[] {
  return client === '' ? tags : [...tags, ['client', client]];
}
