import { Kind, type Tag } from '@nostrata/protocol';
import type { Texts } from './data-texts.ts';
import { createKeys, type Keys } from './keys.ts';
import type { SeededRandom } from './random.ts';

/** A note that other events can point at. */
export interface Target {
  readonly id: string;
  readonly pubkey: string;
}

/** An author of the data set and what is remembered of him. */
export interface Author extends Keys {
  /** Ranks of the authors that he will follow in the end. */
  follows?: readonly number[];
  lastNote?: Target;
}

/** What the composition of one event depends on. */
export interface Scene {
  readonly random: SeededRandom;
  readonly texts: Texts;
  readonly author: Author;
  /** Place of the author in the order of activity; the first is the most active. */
  readonly rank: number;
  readonly authors: readonly Author[];
  /** Chooses an author by popularity. */
  readonly pickRank: (random: SeededRandom) => number;
  readonly pickTarget: () => Target | undefined;
  /** How many events the whole data set has. */
  readonly events: number;
  /** Mean length of a note now, in characters. */
  readonly meanLength: number;
}

/** Tags and content of an event. */
export interface Composition {
  readonly tags: Tag[];
  readonly content: string;
  /** Who signs, where it is not the author. */
  readonly signer?: Keys;
}

/** Writes tags and content as real events of that kind have them. */
export function compose(kind: number, scene: Scene): Composition {
  switch (kind) {
    case Kind.reaction:
    case Kind.repost:
      return composeReaction(kind, scene);
    case Kind.profile:
      return composeProfile(scene);
    case Kind.follows:
      return composeFollows(scene);
    case Kind.relayList:
      return composeRelayList(scene);
    case Kind.giftWrap: {
      const recipient = scene.authors[scene.pickRank(scene.random)] as Author;
      const content = scene.texts.base64(400 + scene.random.integer(800));
      return { tags: [['p', recipient.pubkey]], content, signer: createKeys(scene.texts.hex(16)) };
    }
    case Kind.zapReceipt:
      return composeZapReceipt(scene);
    case Kind.deletionRequest: {
      const { lastNote } = scene.author;
      return {
        tags: lastNote
          ? [
              ['e', lastNote.id],
              ['k', '1'],
            ]
          : [],
        content: '',
      };
    }
    case 30_023:
      return composeArticle(scene);
    default:
      return composeNote(scene);
  }
}

function composeNote({ random, texts, pickTarget, meanLength }: Scene): Composition {
  const tags: Tag[] = [];
  const target = random.next() < 0.4 ? pickTarget() : undefined;
  if (target) {
    const root = random.next() < 0.4 ? pickTarget() : undefined;
    if (root) tags.push(['e', root.id, '', 'root']);
    tags.push(['e', target.id, '', root ? 'reply' : 'root'], ['p', target.pubkey]);
  }
  if (random.next() < 0.15) tags.push(['t', texts.word()]);
  // Exponential: many short notes and a few long ones.
  const length = Math.min(20_000, Math.round(-Math.log(1 - random.next()) * meanLength));
  return { tags, content: texts.sentence(length) };
}

function composeReaction(kind: number, { random, texts, pickTarget }: Scene): Composition {
  const target = pickTarget();
  if (!target) return { tags: [], content: texts.word() };
  const tags: Tag[] = [
    ['e', target.id],
    ['p', target.pubkey],
  ];
  return { tags, content: kind === Kind.repost ? '' : random.pick(['+', '+', '+', '❤️', '🤙', '🔥', '-']) };
}

function composeProfile({ texts, rank }: Scene): Composition {
  const name = `${texts.word()}${rank}`;
  const about = texts.sentence(60);
  const content = {
    name,
    display_name: name,
    about,
    picture: `https://image.example/${texts.hex(24)}.jpg`,
    nip05: `${name}@names.example`,
    lud16: `${name}@wallet.example`,
  };
  return { tags: [], content: JSON.stringify(content) };
}

/**
 * The last lists of all authors have 223 follows on average. Authors who publish several lists in the data set have
 * shorter ones, or follow lists alone would take half of all bytes.
 */
const meanFollows = 275;
const meanFollowsOfBusy = 110;
const maxFollows = 2_826;
/** Spread of the sizes (log-normal): small for the busy few, so that chance does not decide the mean of all events. */
const spread = 1.2;
const spreadOfBusy = 0.4;

function composeFollows(scene: Scene): Composition {
  const { author, authors, random } = scene;
  author.follows ??= chooseFollows(scene);
  const now = author.follows.slice(random.integer(3));
  return { tags: now.map((followed) => ['p', (authors[followed] as Author).pubkey]), content: '' };
}

function chooseFollows({ random, authors, rank, pickRank, events }: Scene): number[] {
  // By Zipf's law, ranks below this one publish more than one list.
  const isBusy = rank < (events * 0.02) / (Math.log(authors.length) + 0.577);
  const sigma = isBusy ? spreadOfBusy : spread;
  const mean = isBusy ? meanFollowsOfBusy : meanFollows;
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const size = Math.round(mean * Math.exp(sigma * normal - sigma ** 2 / 2));
  const wanted = Math.min(size, maxFollows, Math.floor(authors.length * 0.6));
  const chosen = new Set<number>();
  while (chosen.size < wanted) {
    const candidate = random.next() < 0.6 ? pickRank(random) : random.integer(authors.length);
    if (candidate !== rank) chosen.add(candidate);
  }
  return [...chosen];
}

function composeRelayList({ random }: Scene): Composition {
  const first = random.integer(300);
  const tags = Array.from({ length: 2 + random.integer(5) }, (_, index) => {
    const tag = ['r', `wss://relay${(first + index * 7) % 300}.example`];
    if (random.next() < 0.3) tag.push(random.pick(['read', 'write']));
    return tag;
  });
  return { tags, content: '' };
}

function composeZapReceipt({ random, texts, pickTarget, authors, pickRank }: Scene): Composition {
  const target = pickTarget();
  const sender = authors[pickRank(random)] as Author;
  const tags: Tag[] = target
    ? [
        ['p', target.pubkey],
        ['e', target.id],
      ]
    : [];
  tags.push(['P', sender.pubkey], ['bolt11', `lnbc${1 + random.integer(900)}n1${texts.hex(180)}`]);
  tags.push(['description', JSON.stringify({ kind: Kind.zapRequest, pubkey: sender.pubkey, content: texts.word() })]);
  return { tags, content: '' };
}

function composeArticle({ random, texts }: Scene): Composition {
  const tags = [
    ['d', texts.hex(8)],
    ['title', texts.sentence(30)],
    ['t', texts.word()],
    ['t', texts.word()],
  ];
  return { tags, content: texts.sentence(500 + random.integer(3_000)) };
}
