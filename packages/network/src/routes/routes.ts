import { type Filter, Kind, type ListedRelay, type NostrEvent } from '@nostrata/protocol';
import type { Plan, RelayAnswer } from '../contract.ts';
import { findAddressFault } from '../socket/address.ts';
import { type Cover, coverKeys } from './cover.ts';
import { lookupKinds, routePublish } from './publish-route.ts';
import { findFilterPattern, routeRead } from './read-route.ts';
import { buildRelaySet, getRecipients, type KnownLists, readRelays, writeRelays } from './relay-set.ts';
import { createScores, type ScoreStorage } from './scores.ts';

/** What routes are made with. */
export interface RoutesOptions {
  /** The relay lists (kind 10002) of these people, as far as they are known. */
  readonly relayListOf: (pubkeys: readonly string[]) => Promise<ReadonlyMap<string, readonly ListedRelay[]>>;
  /** Their relays for direct messages (kind 10050), as far as they are known. */
  readonly inboxRelaysOf?:
    | ((pubkeys: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>)
    | undefined;
  /** Relays for everything that no relay list covers. */
  readonly defaults: readonly string[];
  /** Relays that collect profiles, follow lists and relay lists. */
  readonly lookupRelays?: readonly string[] | undefined;
  /** Relays that search; `defaults` unless told. */
  readonly searchRelays?: readonly string[] | undefined;
  /** Own relays for drafts. */
  readonly privateRelays?: readonly string[] | undefined;
  readonly blockedRelays?: (() => ReadonlySet<string>) | undefined;
  /** Where scores are kept between starts. */
  readonly scores?: ScoreStorage | undefined;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** What probes or monitors (NIP-66) say; undefined: not known. Relays known to be gone are the last choice. */
  readonly isAlive?: ((relay: string) => boolean | undefined) | undefined;
  /** Relays of one plan; 20 unless told. */
  readonly connectionsMax?: number | undefined;
  /** Relays for each author; 3 unless told. */
  readonly relaysPerAuthorMax?: number | undefined;
}

/** Chooses relays: for reading by the outbox model, for publishing by outbox and inboxes (NIP-65). */
export interface Routes {
  /**
   * Which filters go to which relay: authors where they write, mentions where those mentioned read, searches where
   * there is search, everything else to the default relays; hints are always asked. Filters are cut down to the
   * authors (`#p`) of each relay. `isHinted`: the default relays are left out where there are hints.
   */
  forRead(
    filters: readonly Filter[],
    options?: { readonly hints?: readonly string[]; readonly isHinted?: boolean },
  ): Promise<Plan>;
  /** The relays for an event; empty for a gift wrap whose reader has told no relays (NIP-17). */
  forWrite(event: NostrEvent): Promise<readonly string[]>;
  /** Learns from an answer. */
  observe(answer: RelayAnswer): void;
}

/** Relays of one plan: reaches 98–99 % of what any number would. */
const defaultConnectionsMax = 20;
const defaultRelaysPerAuthor = 3;
/** Relays that one event goes to at most; a thread with a hundred people has more inboxes than that. */
const writeRelaysMax = 30;
/** People mentioned whose relays are looked up for one event. */
const recipientsMax = 100;
/** Hints that are followed: they are cheap to write and mostly dead. */
const hintsMax = 5;
/** What a relay counts that is known to be gone, or cannot be dialled: the last choice. */
const deadWorth = 0.001;

/** Creates routes. */
export function createRoutes(options: RoutesOptions): Routes {
  const { connectionsMax = defaultConnectionsMax, relaysPerAuthorMax = defaultRelaysPerAuthor } = options;
  const scores = createScores(options.scores, options.random);
  const blockedNow = (): ReadonlySet<string> => options.blockedRelays?.() ?? new Set();

  const listsOf = async (pubkeys: readonly string[], inboxes: readonly string[] = []): Promise<KnownLists> => {
    const [relayLists, inboxLists] = await Promise.all([
      pubkeys.length > 0 ? options.relayListOf(pubkeys) : new Map<string, readonly ListedRelay[]>(),
      inboxes.length > 0 ? options.inboxRelaysOf?.(inboxes) : undefined,
    ]);
    return {
      relayList: (pubkey) => relayLists.get(pubkey),
      inboxRelays: (pubkey) => inboxLists?.get(pubkey),
    };
  };
  const worthOf = (): ((relay: string) => number) => {
    const known = new Map<string, number>();
    return (relay) => {
      const worth = known.get(relay) ?? judgeRelay(relay);
      known.set(relay, worth);
      return worth;
    };
  };
  const judgeRelay = (relay: string): number => {
    const isDead = options.isAlive?.(relay) === false || findAddressFault(relay) !== undefined;
    return scores.sample(relay) * (isDead ? deadWorth : 1);
  };
  const coverFilters = (subjects: readonly Subject[], lists: KnownLists, open: ReadonlySet<string>): Covers => {
    const blocked = blockedNow();
    const relaysBy = { authors: new Map<string, readonly string[]>(), mentions: new Map<string, readonly string[]>() };
    for (const { by, keys } of subjects) {
      if (by !== 'authors' && by !== 'mentions') continue;
      const relaysOf = by === 'authors' ? writeRelays : readRelays;
      for (const key of keys) relaysBy[by].set(key, buildRelaySet([relaysOf(lists, key)], blocked));
    }
    const relaysMax = Math.max(1, connectionsMax - open.size);
    const common = { relaysPerKey: relaysPerAuthorMax, worth: worthOf() };
    const authors = coverKeys({ ...common, relaysByKey: relaysBy.authors, relaysMax, open });
    // What authors have opened is there for mentions too, and the rest of the budget.
    const opened = new Set([...open, ...authors.keys()]);
    const left = Math.max(1, connectionsMax - opened.size);
    return {
      authors,
      mentions: coverKeys({ ...common, relaysByKey: relaysBy.mentions, relaysMax: left, open: opened }),
    };
  };
  const forRead: Routes['forRead'] = async (filters, { hints = [], isHinted = false } = {}) => {
    const blocked = blockedNow();
    const usual = buildRelaySet([options.defaults], blocked);
    const followed = buildRelaySet([hints], blocked).slice(0, hintsMax);
    const subjects = filters.map((filter) => subjectOf(filter));
    const people = new Set(subjects.flatMap(({ by, keys }) => (by === 'authors' || by === 'mentions' ? keys : [])));
    const owners = new Set(subjects.flatMap(({ by, keys }) => (by === 'inbox' ? keys : [])));
    const lists = await listsOf([...people], [...owners]);
    const covers = coverFilters(subjects, lists, new Set([...usual, ...followed]));
    const draft = createDraft();
    filters.forEach((filter, index) => {
      const by = subjects[index]?.by ?? 'none';
      for (const relay of followed) draft.add(relay, filter);
      if (by === 'authors' || by === 'mentions') {
        const missed = draft.addCover(filter, by, covers[by]);
        const isLookup = by === 'authors' && filter.kinds?.every((kind) => lookupKinds.has(kind)) === true;
        const fallback = isLookup ? buildRelaySet([usual, options.lookupRelays ?? []], blocked) : usual;
        if (missed.length > 0) for (const relay of fallback) draft.add(relay, narrow(filter, by, missed));
      } else if (!(isHinted && by === 'none' && followed.length > 0)) {
        for (const relay of relaysFor(filter, by, { lists, usual, blocked })) draft.add(relay, filter);
      }
    });
    return draft.plan;
  };
  /** For filters that are about nobody, or somebody's inbox. */
  const relaysFor = (filter: Filter, by: 'inbox' | 'none', { lists, usual, blocked }: Reach): readonly string[] => {
    if (by === 'inbox' && options.inboxRelaysOf === undefined) return usual;
    const { searchRelays = usual } = options;
    return routeRead([filter], { lists, userRelays: usual, searchRelays, blocked }).relays ?? [];
  };
  const forWrite: Routes['forWrite'] = async (event) => {
    const blocked = blockedNow();
    const isWrap = event.kind === Kind.giftWrap || event.kind === Kind.ephemeralGiftWrap;
    const people = getRecipients(event)
      .slice(0, recipientsMax)
      .map(({ pubkey }) => pubkey);
    const lists = isWrap ? await listsOf([], people) : await listsOf([...new Set([event.pubkey, ...people])]);
    const { lookupRelays, privateRelays } = options;
    const { branch, relays } = routePublish(event, { lists, lookupRelays, privateRelays, blocked });
    if (branch === 'dm' || branch === 'group') return relays ?? [];
    const own = writeRelays(lists, event.pubkey);
    const sources = own.length > 0 ? [own, relays ?? []] : [options.defaults, relays ?? []];
    return buildRelaySet(branch === 'draft' && relays?.length ? [relays] : sources, blocked).slice(0, writeRelaysMax);
  };
  return { forRead, forWrite, observe: scores.observe };
}

/** The relays chosen for authors and for those mentioned. */
interface Covers {
  readonly authors: Cover;
  readonly mentions: Cover;
}

interface Reach {
  readonly lists: KnownLists;
  readonly usual: readonly string[];
  readonly blocked: ReadonlySet<string>;
}

/** Whose relays a filter is asked at. */
interface Subject {
  readonly by: 'authors' | 'mentions' | 'inbox' | 'none';
  readonly keys: readonly string[];
}

function subjectOf(filter: Filter): Subject {
  const pattern = findFilterPattern([filter]);
  if (pattern === 'search') return { by: 'none', keys: [] };
  if (pattern === 'dmInbox') return { by: 'inbox', keys: filter.tags?.p ?? [] };
  if (filter.authors) return { by: 'authors', keys: filter.authors };
  if (filter.tags?.p) return { by: 'mentions', keys: filter.tags.p };
  return { by: 'none', keys: [] };
}

function narrow(filter: Filter, by: 'authors' | 'mentions', keys: readonly string[]): Filter {
  return by === 'authors' ? { ...filter, authors: keys } : { ...filter, tags: { ...filter.tags, p: keys } };
}

/** A plan in the making. */
function createDraft() {
  const plan = new Map<string, Filter[]>();
  const add = (relay: string, filter: Filter): void => {
    const filters = plan.get(relay);
    if (!filters) plan.set(relay, [filter]);
    else if (!filters.includes(filter)) filters.push(filter);
  };
  return {
    plan,
    add,
    /** Adds the filter to each relay of the cover with its own keys; returns those that no relay has. */
    addCover(filter: Filter, by: 'authors' | 'mentions', cover: Cover): string[] {
      const missing = new Set(by === 'authors' ? filter.authors : filter.tags?.p);
      const all = new Set(missing);
      for (const [relay, keys] of cover) {
        const own = keys.filter((key) => all.has(key));
        for (const key of own) missing.delete(key);
        const isAsked = plan.get(relay)?.includes(filter) === true;
        if (own.length > 0 && !isAsked) add(relay, own.length === all.size ? filter : narrow(filter, by, own));
      }
      return [...missing];
    },
  };
}
