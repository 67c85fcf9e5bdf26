import type { NostrEvent, Tag } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import type { Trust } from '../contract.ts';
import { assertionBatch } from '../limits.ts';
import {
  type Assertion,
  type AssertionDraft,
  assertionKinds,
  isSameAssertion,
  parseAssertion,
  parseProviders,
  providersKind,
  type SubjectType,
  type TrustedProvider,
  toAssertionDraft,
  toUserAssertion,
} from './assertion.ts';

/** What publishing of assertions is made of. */
export interface AssertionsOptions {
  readonly store: EventStore;
  readonly trust: Pick<Trust, 'score'>;
  /** The key of this algorithm and point of view: NIP-85 wants one key for each. */
  readonly servicePubkey: string;
  /** The user whose point of view it is; the anchors' unless told. */
  readonly observer?: string | undefined;
  /**
   * Signs with the service key and sends through the door; resolves when the event is stored. `saidAt` is the second of
   * what it takes the place of: it must be dated later.
   */
  readonly publish: (draft: AssertionDraft, saidAt: number | undefined) => Promise<void>;
}

/** What a round of publishing came to. */
export interface AssertionsReport {
  readonly published: number;
  /** Said already, word for word. */
  readonly unchanged: number;
}

/** Publishes trusted assertions (NIP-85). */
export interface Assertions {
  /** Says what the scores of those users are now, where it is not what was said last. A stale score says nothing new. */
  publishUsers(pubkeys: readonly string[]): Promise<AssertionsReport>;
  /** Says what others computed about events, addresses or external ids, where it changed. */
  publish(assertions: readonly Assertion[]): Promise<AssertionsReport>;
}

/** Creates a publisher of assertions. What was said before is read from the store, so that a restart repeats nothing. */
export function createAssertions({ store, trust, servicePubkey, observer, publish }: AssertionsOptions): Assertions {
  const publishBatch = async (assertions: readonly Assertion[]): Promise<AssertionsReport> => {
    const before = new Map<string, Assertion & { readonly saidAt: number }>();
    const kinds = [...new Set(assertions.map(({ type }) => assertionKinds[type]))];
    const subjects = assertions.map(({ subject }) => subject);
    for (const event of await loadEvents(store, { kinds, authors: [servicePubkey], tags: { d: subjects } })) {
      const said = parseAssertion(event);
      if (said) before.set(`${said.type}:${said.subject}`, { ...said, saidAt: event.created_at });
    }
    let published = 0;
    for (const assertion of assertions) {
      const said = before.get(`${assertion.type}:${assertion.subject}`);
      if (said && isSameAssertion(said, assertion)) continue;
      await publish(toAssertionDraft(assertion), said?.saidAt);
      published += 1;
    }
    return { published, unchanged: assertions.length - published };
  };
  return {
    publish: (assertions) => inBatches(assertions, publishBatch),
    publishUsers: (pubkeys) =>
      inBatches(pubkeys, async (batch) => {
        const scores = await Promise.all(batch.map((pubkey) => trust.score(pubkey, { observer })));
        return await publishBatch(scores.filter(({ stale }) => !stale).map(toUserAssertion));
      }),
  };
}

/** Which assertions to look for. */
export interface AssertedQuery {
  /** Whose declared providers count (kind 10040). */
  readonly user: string;
  readonly type: SubjectType;
  readonly subject: string;
  /** The decrypted private tags of the user's declaration, where they are known. */
  readonly privateTags?: readonly Tag[] | undefined;
}

/** One result, and who says so. */
export interface AssertedResult {
  readonly tag: string;
  readonly value: string;
  readonly provider: string;
  readonly created_at: number;
}

/**
 * What the providers that a user trusts say of a subject, as far as their assertions are in the store: of each result the
 * word of the first declared provider that has one. Whom the user did not declare for a result is not heard on it.
 */
export async function loadAssertedResults(store: EventStore, query: AssertedQuery): Promise<AssertedResult[]> {
  const declared = await loadProviders(store, query.user, query.privateTags);
  const kind = assertionKinds[query.type];
  const providers = declared.filter((provider) => provider.kind === kind);
  if (providers.length === 0) return [];
  const authors = [...new Set(providers.map(({ pubkey }) => pubkey))];
  const events = await loadEvents(store, { kinds: [kind], authors, tags: { d: [query.subject] } });
  const results = new Map<string, AssertedResult>();
  for (const { tag, pubkey } of providers) {
    const event = events.find((event) => event.pubkey === pubkey);
    const value = event && parseAssertion(event)?.results[tag];
    if (!event || value === undefined || results.has(tag)) continue;
    results.set(tag, { tag, value, provider: pubkey, created_at: event.created_at });
  }
  return [...results.values()];
}

/** The providers that a user declares, public ones first. */
export async function loadProviders(
  store: EventStore,
  user: string,
  privateTags: readonly Tag[] = [],
): Promise<TrustedProvider[]> {
  const [event] = await loadEvents(store, { kinds: [providersKind], authors: [user], limit: 1 });
  return parseProviders([...(event?.tags ?? []), ...privateTags]);
}

async function inBatches<T>(
  all: readonly T[],
  publish: (batch: readonly T[]) => Promise<AssertionsReport>,
): Promise<AssertionsReport> {
  let [published, unchanged] = [0, 0];
  for (let next = 0; next < all.length; next += assertionBatch) {
    const report = await publish(all.slice(next, next + assertionBatch));
    published += report.published;
    unchanged += report.unchanged;
  }
  return { published, unchanged };
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
