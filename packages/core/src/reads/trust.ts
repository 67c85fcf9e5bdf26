import { Kind } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
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
import type { Reader, ReadSpec } from './reader.ts';
import type { Specs } from './specs.ts';

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
  /** Only what this store holds was looked at: other follow lists may say more. */
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
}

interface Subject {
  readonly pubkey: string;
  readonly observer: string;
}

/** Reads how far somebody is trusted; assertions are kept as signed events in the store and are fresh for 24 hours. */
export async function readTrust(
  { pubkey, observer }: { readonly pubkey: string; readonly observer: string | undefined },
  options: LoadOptions,
  parts: TrustReadParts,
): Promise<Loaded<TrustOfPerson>> {
  if (observer === undefined) {
    return { value: undefined, state: 'missing', source: 'store', checkedAtMs: undefined, relays: [] };
  }
  const subject = { pubkey, observer };
  const spec: ReadSpec<TrustOfPerson> = {
    class: 'trust',
    key: `trust:${observer}:${pubkey}`,
    // Without a word of anybody there is still an answer: nobody whom the observer follows knows the person.
    isAlwaysThere: true,
    local: () => loadLocal(subject, parts),
    load: (_value, hints) => loadAssertions(subject, hints, parts),
  };
  return await parts.reader.read(spec, options);
}

/** Asks who the observer's providers are, and then each of them about the person, where it says that it can be asked. */
async function loadAssertions(
  { pubkey, observer }: Subject,
  hints: readonly string[],
  { reader, specs, loader, store }: TrustReadParts,
): Promise<LoadOutcome> {
  const quietly = { isInternal: true };
  const [declared] = await Promise.all([
    reader.read(specs.address({ kind: providersKind, pubkey: observer, identifier: '' }), quietly),
    reader.read(specs.follows(observer), quietly),
  ]);
  const providers = await loadProviders(store, observer);
  const relaysByProvider = new Map<string, Set<string>>();
  for (const { kind, pubkey: provider, relay } of providers) {
    if (kind !== assertionKinds.pubkey) continue;
    const relays = relaysByProvider.get(provider) ?? new Set(hints);
    relaysByProvider.set(provider, relay === undefined ? relays : relays.add(relay));
  }
  if (relaysByProvider.size === 0) return { relays: declared.relays };
  const outcomes = await Promise.all(
    [...relaysByProvider].map(([provider, relays]) => {
      const address = { kind: assertionKinds.pubkey, pubkey: provider, identifier: pubkey };
      return loader.load({ type: 'address', address }, [...relays]);
    }),
  );
  return { relays: [...new Set(outcomes.flatMap(({ relays }) => relays))] };
}

async function loadLocal(subject: Subject, parts: TrustReadParts): Promise<TrustOfPerson> {
  const { store } = parts;
  const results = await loadAssertedResults(store, { user: subject.observer, type: 'pubkey', subject: subject.pubkey });
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
    partial: rank === undefined,
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
