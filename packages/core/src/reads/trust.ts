import { getTagValues, Kind } from '@nostrata/protocol';
import type { Change, EventStore } from '@nostrata/store';
import {
  type AssertedResult,
  assertionKinds,
  loadAssertedResults,
  loadProviders,
  providersKind,
} from '@nostrata/trust/assertions';
import type { Loaded, LoadOptions } from '../contract.ts';
import { filterValuesMax, trustFollowsMax } from '../limits.ts';
import type { Loader, LoadOutcome } from '../loading/loader.ts';
import type { ReadPrivateProviders } from './private-providers.ts';
import type { Reader } from './reader.ts';
import type { Specs, WatchSpec } from './specs.ts';

/** How far one person is trusted by another. */
export interface TrustOfPerson {
  readonly pubkey: string;
  readonly observer: string;
  /** 0 to 100. */
  readonly trustScore: number;
  /** `asserted`: a provider that the observer declares says so; `two-steps`: computed here from follow lists. */
  readonly algorithm: 'asserted' | 'two-steps';
  /** Followers as a provider counts them; else those among the people whom the observer follows. */
  readonly followersCount: number;
  /** Follows that lead from the observer to the person: 0, 1 or 2; null where none of these do. */
  readonly wotDepth: number | null;
  /** Everything that declared providers say of the person, and who says it. */
  readonly results: readonly AssertedResult[];
  /**
   * Something may be missing: only the follow lists of this store were looked at, or private providers could not be
   * decrypted.
   */
  readonly partial: boolean;
}

/** Options of a read of trust. */
export interface TrustReadOptions extends LoadOptions {
  /** From whose point of view; the signer's unless told. */
  readonly observer?: string | undefined;
}

/** What reading trust is made of. */
export interface TrustReadParts {
  readonly reader: Reader;
  readonly specs: Pick<Specs, 'address' | 'follows'>;
  readonly loader: Pick<Loader, 'load'>;
  readonly store: EventStore;
  readonly readPrivate: ReadPrivateProviders;
}

/** Who is trusted, and from whose point of view. */
interface Subject {
  readonly pubkey: string;
  readonly observer: string;
}

/** What is said where nobody is there whose point of view it could be. */
export const trustOfNobody: Loaded<TrustOfPerson> = {
  value: undefined,
  state: 'missing',
  source: 'store',
  checkedAtMs: undefined,
  relays: [],
};

/** How far somebody is trusted; assertions are kept as signed events in the store and are fresh for 24 hours. */
export async function loadTrustSpec(subject: Subject, parts: TrustReadParts): Promise<WatchSpec<TrustOfPerson>> {
  const { isSealed } = await parts.readPrivate(subject.observer, 'answer');
  return {
    class: 'trust',
    // What was asked while private providers were not known says nothing of when those were asked.
    key: `trust:${subject.observer}:${subject.pubkey}${isSealed ? ':sealed' : ''}`,
    // Without a word of anybody there is still an answer: nobody whom the observer follows knows the person.
    isAlwaysThere: true,
    local: () => loadLocal(subject, parts),
    load: async (_value, hints) => {
      const { isStillSealed, relays } = await loadAssertions(subject, hints, parts);
      return { relays: isStillSealed && !isSealed ? [] : relays };
    },
    isTouched: (change) => isTouched(subject, change),
  };
}

/** Says whether a change may concern a declaration, an assertion, or a list over two steps. */
function isTouched({ pubkey, observer }: Subject, change: Change): boolean {
  const { kind, pubkey: author } = change.type === 'stored' ? change.event : change;
  if (kind === providersKind) return author === observer;
  if (kind === assertionKinds.pubkey)
    return change.type === 'removed' || getTagValues(change.event, 'd').includes(pubkey);
  if (kind !== Kind.follows && kind !== Kind.mutes) return false;
  return author === observer || change.type === 'removed' || getTagValues(change.event, 'p').includes(pubkey);
}

/** Asks who the observer's providers are, and then each of them about the person, where it says that it can be asked. */
async function loadAssertions(
  { pubkey, observer }: Subject,
  hints: readonly string[],
  { reader, specs, loader, store, readPrivate }: TrustReadParts,
): Promise<LoadOutcome & { readonly isStillSealed: boolean }> {
  const quietly = { isInternal: true };
  const [declared] = await Promise.all([
    reader.read(specs.address({ kind: providersKind, pubkey: observer, identifier: '' }), quietly),
    reader.read(specs.follows(observer), quietly),
  ]);
  const own = await readPrivate(observer, 'refresh');
  const providers = await loadProviders(store, observer, own.tags);
  const relaysByProvider = new Map<string, Set<string>>();
  for (const { kind, pubkey: provider, relay } of providers) {
    if (kind !== assertionKinds.pubkey) continue;
    const relays = relaysByProvider.get(provider) ?? new Set(hints);
    relaysByProvider.set(provider, relay === undefined ? relays : relays.add(relay));
  }
  const isStillSealed = own.isSealed;
  if (relaysByProvider.size === 0) return { relays: declared.relays, isStillSealed };
  const outcomes = await Promise.all(
    [...relaysByProvider].map(([provider, relays]) => {
      const address = { kind: assertionKinds.pubkey, pubkey: provider, identifier: pubkey };
      return loader.load({ type: 'address', address }, [...relays]);
    }),
  );
  return { relays: [...new Set(outcomes.flatMap(({ relays }) => relays))], isStillSealed };
}

async function loadLocal(subject: Subject, parts: TrustReadParts): Promise<TrustOfPerson> {
  const { pubkey, observer } = subject;
  const own = await parts.readPrivate(observer, 'answer');
  const query = { user: observer, type: 'pubkey', subject: pubkey, privateTags: own.tags } as const;
  const results = await loadAssertedResults(parts.store, query);
  const near = await lookAround(subject, parts);
  const numberOf = (tag: string): number | undefined => {
    const text = results.find((result) => result.tag === tag)?.value;
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  };
  const rank = numberOf('rank');
  return {
    ...subject,
    trustScore: rank ?? near.trustScore,
    algorithm: rank === undefined ? 'two-steps' : 'asserted',
    followersCount: numberOf('followers') ?? near.followersCount,
    wotDepth: near.wotDepth,
    results,
    partial: rank === undefined || own.isSealed,
  };
}

type Near = Pick<TrustOfPerson, 'trustScore' | 'followersCount' | 'wotDepth'>;

/**
 * Two steps of follows, by the lists of the store: how many whom the observer follows follow the person, less those who
 * mute them, on a logarithmic scale; at least 50 for whom the observer follows, 0 for whom the observer mutes.
 */
async function lookAround({ pubkey, observer }: Subject, { specs, store }: TrustReadParts): Promise<Near> {
  if (pubkey === observer) return { trustScore: 100, followersCount: 0, wotDepth: 0 };
  const list = await specs.follows(observer).local();
  const follows = [...new Set(list?.follows.map((follow) => follow.pubkey))].slice(0, trustFollowsMax);
  const isFollowed = follows.includes(pubkey);
  const [followersCount, muters, own] = await Promise.all([
    countNaming(store, pubkey, { kind: Kind.follows, authors: follows }),
    countNaming(store, pubkey, { kind: Kind.mutes, authors: follows }),
    countNaming(store, pubkey, { kind: Kind.mutes, authors: [observer] }),
  ]);
  const voices = Math.max(0, followersCount - muters);
  const share = follows.length === 0 ? 0 : Math.log1p(voices) / Math.log1p(follows.length);
  const score = Math.max(isFollowed ? 50 : 0, Math.round(100 * share));
  return {
    trustScore: own > 0 ? 0 : score,
    followersCount,
    wotDepth: isFollowed ? 1 : followersCount > 0 ? 2 : null,
  };
}

/** How many of the authors have a list of that kind that names the person. */
async function countNaming(
  store: EventStore,
  pubkey: string,
  { kind, authors }: { readonly kind: number; readonly authors: readonly string[] },
): Promise<number> {
  let total = 0;
  for (let next = 0; next < authors.length; next += filterValuesMax) {
    const part = authors.slice(next, next + filterValuesMax);
    total += (await store.count([{ kinds: [kind], authors: part, tags: { p: [pubkey] } }])).count;
  }
  return total;
}
