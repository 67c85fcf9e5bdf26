import { createHash } from 'node:crypto';
import type { NostrEvent } from '@nostrata/protocol';
import {
  compareEvents,
  createEventBuilder,
  type EventBuilder,
  naiveQuery,
  type SeededRandom,
  seededRandom,
} from '@nostrata/testing';
import type { Script } from './script.ts';

/** How large the generated network is. */
export interface WorldSize {
  readonly follows: number;
  readonly strangers: number;
  /** Notes of each author before the day begins. */
  readonly notesEach: number;
  /** Notes of the followed between two sessions. */
  readonly notesPerGap: number;
}

/** An author and the relays that the author writes to. */
export interface Author {
  readonly builder: EventBuilder;
  readonly relays: readonly number[];
}

/** A note, or a change, and the relays it goes to. */
export interface Placed {
  readonly event: NostrEvent;
  readonly relays: readonly number[];
}

/** What happens in the network between two sessions of the app. */
export interface Gap {
  readonly placed: readonly Placed[];
}

/** A network before the day, and what happens to it during the day. */
export interface World {
  readonly user: Author;
  readonly secretHex: string;
  readonly follows: readonly string[];
  readonly strangers: readonly string[];
  readonly before: readonly Placed[];
  /** One for each session: a note of its feed that has just been answered. */
  readonly threads: readonly NostrEvent[];
  /** One gap before each session. */
  readonly gaps: readonly Gap[];
  /** Whom the user follows by another device, in the gap before that session. */
  readonly otherDevice: ReadonlyMap<number, string>;
}

/** Relays of the world: the index, one that is down for a session, the forger, the forgetful, the dead. */
export const relayRoles = { count: 12, index: 0, flaky: 2, forger: 9, forgetful: 10, dead: 11 } as const;

/** Options of `createWorld`. */
export interface WorldOptions {
  readonly seed: number;
  readonly size: WorldSize;
  readonly startSeconds: number;
  readonly urls: readonly string[];
  readonly script: Script;
}

/** Generates the world: the same seed gives the same people, notes and changes. */
export function createWorld({ seed, size, startSeconds, urls, script }: WorldOptions): World {
  const random = seededRandom(`world ${seed}`);
  const historySeconds = 5 * 86_400;
  const begin = startSeconds - historySeconds;
  const createAuthor = (name: string, relays = drawRelays(random)): Author => ({
    builder: createEventBuilder(`${seed} ${name}`, begin),
    relays,
  });
  const user = createAuthor('user', [1, 2, 3]);
  const follows = Array.from({ length: size.follows }, (_, index) => createAuthor(`follow ${index}`));
  const strangers = Array.from({ length: size.strangers }, (_, index) => createAuthor(`stranger ${index}`));
  const everybody = [user, ...follows, ...strangers];
  const at = (): number => begin + random.integer(historySeconds - 60);
  const before: Placed[] = everybody.flatMap((author, index) => introduce(author, { urls, begin, index }));
  before.push(...place(user, user.builder.follows(pubkeysOf(follows), { created_at: begin + 5 })));
  const notes: Placed[] = [...follows, ...strangers].flatMap((author) =>
    Array.from({ length: size.notesEach }, () =>
      place(author, author.builder.note(sentence(random), { created_at: at() })),
    ).flat(),
  );
  const gaps: Gap[] = [];
  const threads: NostrEvent[] = [];
  const otherDevice = new Map<number, string>();
  const state = { random, follows, notes: notes.filter((note) => follows.some(({ builder }) => isBy(note, builder))) };
  for (let index = 0; index < script.sessions; index++) {
    const from = startSeconds + (index - 1) * script.gapSeconds;
    const placed = live(state, { from, seconds: script.gapSeconds, notes: index === 0 ? 0 : size.notesPerGap });
    if (script.otherDevice.includes(index)) otherDevice.set(index, strangers[index]?.builder.pubkey ?? '');
    const thread = converse(state, { people: [...follows, ...strangers], until: from + script.gapSeconds - 10 });
    threads.push(thread.root);
    gaps.push({ placed: [...placed, ...thread.replies] });
  }
  return {
    user,
    secretHex: Buffer.from(user.builder.keys.secret).toString('hex'),
    follows: pubkeysOf(follows),
    strangers: pubkeysOf(strangers),
    before: [...before, ...notes],
    threads,
    gaps,
    otherDevice,
  };
}

/** What the visible events of a world are, whoever holds them. */
export interface Truth {
  add(event: NostrEvent): void;
  notes(authors: readonly string[], limit: number): NostrEvent[];
  newest(kind: number, pubkey: string): NostrEvent | undefined;
  replies(root: NostrEvent): NostrEvent[];
  isGenuine(event: NostrEvent): boolean;
}

/** Creates an empty truth. */
export function createTruth(): Truth {
  const eventById = new Map<string, NostrEvent>();
  const deleted = new Set<string>();
  const notesByAuthor = new Map<string, NostrEvent[]>();
  const newestByAddress = new Map<string, NostrEvent>();
  const repliesByRoot = new Map<string, NostrEvent[]>();
  const push = (map: Map<string, NostrEvent[]>, key: string, event: NostrEvent): void =>
    void map.set(key, [...(map.get(key) ?? []), event]);
  const visible = (events: readonly NostrEvent[]): NostrEvent[] => events.filter(({ id }) => !deleted.has(id));
  return {
    add(event) {
      if (eventById.has(event.id)) return;
      eventById.set(event.id, event);
      const { kind, pubkey } = event;
      if (kind === 5) for (const [name, id] of event.tags) if (name === 'e' && id !== undefined) deleted.add(id);
      if (kind === 1) push(notesByAuthor, pubkey, event);
      const root = kind === 1 ? event.tags.find(([name]) => name === 'e')?.[1] : undefined;
      if (root !== undefined) push(repliesByRoot, root, event);
      const known = newestByAddress.get(`${kind}:${pubkey}`);
      if (!known || compareEvents(event, known) < 0) newestByAddress.set(`${kind}:${pubkey}`, event);
    },
    notes: (authors, limit) =>
      naiveQuery(visible(authors.flatMap((pubkey) => notesByAuthor.get(pubkey) ?? [])), [{ limit }]),
    newest: (kind, pubkey) => newestByAddress.get(`${kind}:${pubkey}`),
    replies: ({ id }) => visible(repliesByRoot.get(id) ?? []),
    // Some caches give events back without their signature: what a screen shows is what counts.
    isGenuine: ({ id, pubkey, content }) => {
      const known = eventById.get(id);
      return known !== undefined && known.pubkey === pubkey && known.content === content;
    },
  };
}

/** A text that is the same for the same people, notes and changes, whatever the ports and the hour. */
export function fingerprint(world: World): string {
  const hash = createHash('sha256');
  for (const { event, relays } of [...world.before, ...world.gaps.flatMap(({ placed }) => placed)])
    hash.update(`${event.pubkey} ${event.kind} ${event.content} ${relays}\n`);
  return hash.digest('hex').slice(0, 12);
}

function pubkeysOf(authors: readonly Author[]): string[] {
  return authors.map(({ builder }) => builder.pubkey);
}

function place({ relays }: Author, event: NostrEvent): Placed[] {
  return [{ event, relays }];
}

function isBy({ event }: Placed, { pubkey }: EventBuilder): boolean {
  return event.pubkey === pubkey;
}

/** Two or three relays, of which two answer and one always does everything right; the first ones are the most popular. */
function drawRelays(random: SeededRandom): number[] {
  const drawn = new Set<number>();
  const working = relayRoles.dead;
  const isHonest = (relay: number): boolean => relay < relayRoles.forger && relay !== relayRoles.flaky;
  while (drawn.size < 2 || ![...drawn].some(isHonest)) drawn.add(Math.floor(random.next() ** 1.7 * working));
  if (random.next() < 0.15) drawn.add(relayRoles.dead);
  else if (random.next() < 0.5) drawn.add(random.integer(working));
  return [...drawn];
}

/** Profile and relay list of an author, on the author's relays and on the index. */
function introduce(
  { builder, relays }: Author,
  { urls, begin, index }: { readonly urls: readonly string[]; readonly begin: number; readonly index: number },
): Placed[] {
  const tags = relays.map((relay) => ['r', urls[relay] ?? '']);
  const everywhere = [...new Set([relayRoles.index, ...relays])];
  const profile = { name: `person ${index}`, about: 'somebody', picture: `https://example.com/${index}.png` };
  return [
    { event: builder.event({ kind: 10002, tags, created_at: begin }), relays: everywhere },
    { event: builder.profile(profile, { created_at: begin + 1 }), relays: everywhere },
  ];
}

/** A reply goes to the relays of both: where its author writes and where the other reads (NIP-65). */
function reply({ builder, relays }: Author, root: Placed, parts: { content: string; created_at: number }): Placed {
  const tags = [
    ['e', root.event.id, '', 'root'],
    ['p', root.event.pubkey],
  ];
  const event = builder.note(parts.content, { tags, created_at: parts.created_at });
  return { event, relays: [...new Set([...relays, ...root.relays])] };
}

interface Living {
  readonly random: SeededRandom;
  readonly follows: readonly Author[];
  /** Notes of the followed; those that are deleted are taken out. */
  readonly notes: Placed[];
}

/** A gap's notes, two changed profiles and one deleted note. */
function live(
  { random, follows, notes }: Living,
  { from, seconds, notes: count }: { readonly from: number; readonly seconds: number; readonly notes: number },
): Placed[] {
  if (count === 0) return [];
  const at = (): number => from + random.integer(seconds - 120);
  const fresh = Array.from({ length: count }, () => {
    const author = random.pick(follows);
    return place(author, author.builder.note(sentence(random), { created_at: at() }));
  }).flat();
  const changes = [0, 1].flatMap(() => {
    const author = random.pick(follows);
    const profile = { name: `renamed ${random.integer(1_000)}`, about: 'changed' };
    const event = author.builder.profile(profile, { created_at: at() });
    return [{ event, relays: [...new Set([relayRoles.index, ...author.relays])] }];
  });
  // A note that the feed has shown.
  const gone = random.pick(newestOf(notes));
  notes.splice(notes.indexOf(gone), 1);
  const author = follows.find(({ builder }) => isBy(gone, builder));
  const deletion = author ? place(author, author.builder.deletion([gone.event], { created_at: at() })) : [];
  notes.push(...fresh);
  return [...fresh, ...changes, ...deletion];
}

function newestOf(notes: readonly Placed[]): Placed[] {
  return [...notes].sort((a, b) => compareEvents(a.event, b.event)).slice(0, 30);
}

/** Twelve answers to a note of the feed. */
function converse(
  { random, notes }: Living,
  { people, until }: { readonly people: readonly Author[]; readonly until: number },
): { readonly root: NostrEvent; readonly replies: readonly Placed[] } {
  const root = random.pick(newestOf(notes));
  const replies = Array.from({ length: 12 }, () => {
    const created_at = until - random.integer(Math.max(1, until - root.event.created_at));
    return reply(random.pick(people), root, { content: sentence(random), created_at });
  });
  return { root: root.event, replies };
}

const words = 'relay note key sign store read write event open fast calm river bright paper stone garden'.split(' ');

function sentence(random: SeededRandom): string {
  return Array.from({ length: 6 + random.integer(30) }, () => random.pick(words)).join(' ');
}
