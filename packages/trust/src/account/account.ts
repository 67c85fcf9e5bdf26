import { Kind, type NostrEvent, parseProfile, parseThread } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import { notesMax } from '../limits.ts';

/** A note, as far as it says something about its author's ways. */
interface AccountNote {
  readonly created_at: number;
  readonly content: string;
  readonly isReply: boolean;
}

/** What an author's own events say of the account. */
export interface Account {
  /** Days since the oldest event that is here, by its own date; null without events. */
  readonly accountAgeDays: number | null;
  /** Notes (kind 1) of the last seven days, the newest 500. */
  readonly notes: readonly AccountNote[];
  readonly isDeclaredBot: boolean;
  readonly isBridged: boolean;
}

const weekSeconds = 7 * 86_400;

/** Reads what is needed of an author from the store. */
export async function loadAccount(store: EventStore, pubkey: string, nowMs: number): Promise<Account> {
  const nowSeconds = Math.floor(nowMs / 1_000);
  const since = nowSeconds - weekSeconds;
  const [profile, notes, oldest] = await Promise.all([
    loadEvents(store, { kinds: [Kind.profile], authors: [pubkey], limit: 1 }),
    loadEvents(store, { kinds: [Kind.note], authors: [pubkey], since, until: nowSeconds, limit: notesMax }),
    loadOldest(store, pubkey),
  ]);
  return {
    accountAgeDays: oldest === undefined ? null : Math.max(0, (nowSeconds - oldest) / 86_400),
    notes: notes.map((event) => ({
      created_at: event.created_at,
      content: event.content,
      isReply: parseThread(event).reply !== undefined,
    })),
    isDeclaredBot: profile.some((event) => parseProfile(event)?.bot === true),
    isBridged: notes.some(({ tags }) => tags.some(([name]) => name === 'proxy')),
  };
}

/** 0 to 100: the square root of the share of a year, so that the first months count most. */
export function accountAgeScore(accountAgeDays: number | null): number {
  return Math.round(100 * Math.sqrt(Math.min(1, (accountAgeDays ?? 0) / 365)));
}

/** 0 to 100: on how many of the last seven days there is a note. How many notes there are on a day does not count. */
export function activityScore({ notes }: Account): number {
  const days = new Set(notes.map(({ created_at }) => Math.floor(created_at / 86_400)));
  return Math.round((100 * Math.min(7, days.size)) / 7);
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

async function loadOldest(store: EventStore, pubkey: string): Promise<number | undefined> {
  for await (const page of store.items({ authors: [pubkey] })) {
    if (page[0]) return page[0].created_at;
  }
  return undefined;
}
