import { Kind, type NostrEvent, parseProfile, parseThread } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import { arrivalsMax, notesMax, noteTimesMax, recentMax } from '../limits.ts';
import { findKnownClient, type KnownClient } from './known-clients.ts';
import { type Skew, skewOf } from './rhythm.ts';

/** A note, as far as it says something about its author's ways. */
interface AccountNote {
  readonly created_at: number;
  readonly content: string;
  readonly isReply: boolean;
}

/** Events of a sort among the newest of an author. */
interface Part {
  readonly events: number;
  readonly of: number;
}

/** What an author's own events say of the account. */
export interface Account {
  /** Days since the oldest event that is here, by its own date; null without events. */
  readonly accountAgeDays: number | null;
  /** Notes (kind 1) of the last seven days, the newest 500. */
  readonly notes: readonly AccountNote[];
  /** The dates of the notes of the last seven days, the newest 5,000. */
  readonly noteTimes: readonly number[];
  readonly isDeclaredBot: boolean;
  /** Among the newest 50 events: those that a bridge made of something elsewhere (NIP-48), and from which networks. */
  readonly bridged: Part & { readonly networks: readonly string[] };
  /** Among the same: those of kinds that are written with a key of one use. */
  readonly oneTime: Part;
  /** Among the same: those whose `client` tag names a known program, and the name that is there most. */
  readonly client: (Part & KnownClient & { readonly name: string }) | undefined;
  /** How the dates of the newest notes differ from their arrival, where relays brought them. */
  readonly skew: Skew | undefined;
}

const weekSeconds = 7 * 86_400;
const networkCharactersMax = 32;

/** Gift wraps (NIP-59), also ephemeral ones, and messages of MLS groups: each is signed with a key of its own. */
const oneTimeKinds: ReadonlySet<number> = new Set([Kind.giftWrap, 21_059, 445]);

/** Reads what is needed of an author from the store: five questions with a limit each, and some for arrivals. */
export async function loadAccount(store: EventStore, pubkey: string, nowMs: number): Promise<Account> {
  const nowSeconds = Math.floor(nowMs / 1_000);
  const authors = [pubkey];
  const week = { kinds: [Kind.note], authors, since: nowSeconds - weekSeconds, until: nowSeconds };
  const [profile, notes, noteTimes, recent, oldest] = await Promise.all([
    loadEvents(store, { kinds: [Kind.profile], authors, limit: 1 }),
    loadEvents(store, { ...week, limit: notesMax }),
    loadTimes(store, { ...week, limit: noteTimesMax }),
    loadEvents(store, { authors, limit: recentMax }),
    loadOldest(store, pubkey),
  ]);
  return {
    accountAgeDays: oldest === undefined ? null : Math.max(0, (nowSeconds - oldest) / 86_400),
    notes: notes.map((event) => ({
      created_at: event.created_at,
      content: event.content,
      isReply: parseThread(event).reply !== undefined,
    })),
    noteTimes,
    isDeclaredBot: profile.some((event) => parseProfile(event)?.bot === true),
    bridged: bridgedOf(recent),
    oneTime: { events: recent.filter(({ kind }) => oneTimeKinds.has(kind)).length, of: recent.length },
    client: clientOf(recent),
    skew: await loadSkew(store, notes),
  };
}

/** 0 to 100: the square root of the share of a year, so that the first months count most. */
export function accountAgeScore(accountAgeDays: number | null): number {
  return Math.round(100 * Math.sqrt(Math.min(1, (accountAgeDays ?? 0) / 365)));
}

/** 0 to 100: on how many of the last seven days there is a note. How many notes there are on a day does not count. */
export function activityScore({ noteTimes }: Pick<Account, 'noteTimes'>): number {
  const days = new Set(noteTimes.map((time) => Math.floor(time / 86_400)));
  return Math.round((100 * Math.min(7, days.size)) / 7);
}

function bridgedOf(recent: readonly NostrEvent[]): Account['bridged'] {
  const proxies = recent.map(({ tags }) => tags.find(([name]) => name === 'proxy')).filter((tag) => tag !== undefined);
  const networks = new Set(proxies.map(([, , network = '']) => network.slice(0, networkCharactersMax)));
  return { events: proxies.length, of: recent.length, networks: [...networks].filter((network) => network !== '') };
}

function clientOf(recent: readonly NostrEvent[]): Account['client'] {
  const names = recent
    .map(({ tags }) => tags.find(([name]) => name === 'client')?.[1] ?? '')
    .filter((name) => findKnownClient(name) !== undefined);
  const [first] = [...Map.groupBy(names, (name) => name)].sort(([, a], [, b]) => b.length - a.length);
  const known = first && findKnownClient(first[0]);
  return known && { ...known, name: first[0].slice(0, 64), events: first[1].length, of: recent.length };
}

/** Only for who writes much: each arrival is a question of its own. */
async function loadSkew(store: EventStore, notes: readonly NostrEvent[]): Promise<Skew | undefined> {
  if (notes.length < arrivalsMax) return undefined;
  const newest = notes.slice(0, arrivalsMax);
  const sightings = await Promise.all(newest.map(({ id }) => store.sightings(id)));
  const late = newest.flatMap(({ created_at }, at) => {
    const seenMs = sightings[at]?.[0]?.firstSeenMs;
    return seenMs === undefined ? [] : [seenMs / 1_000 - created_at];
  });
  return skewOf(late);
}

async function loadEvents(
  store: EventStore,
  filter: Parameters<EventStore['query']>[0][number],
): Promise<NostrEvent[]> {
  const events: NostrEvent[] = [];
  for await (const page of store.query([filter])) {
    // The store gives out events as they were verified.
    for (const { json } of page) events.push(JSON.parse(json) as NostrEvent);
  }
  return events;
}

async function loadTimes(store: EventStore, filter: Parameters<EventStore['items']>[0]): Promise<number[]> {
  const times: number[] = [];
  for await (const page of store.items(filter)) times.push(...page.map(({ created_at }) => created_at));
  return times;
}

async function loadOldest(store: EventStore, pubkey: string): Promise<number | undefined> {
  for await (const page of store.items({ authors: [pubkey] })) {
    if (page[0]) return page[0].created_at;
  }
  return undefined;
}
