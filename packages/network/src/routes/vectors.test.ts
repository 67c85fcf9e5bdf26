import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  classifyRelayUrl,
  type Filter,
  getTagValues,
  InvalidError,
  Kind,
  normalizeRelayUrl,
  parseEvent,
  parseFilter,
  parseInboxRelays,
  parseRelayList,
  type Tag,
  type UnsignedEvent,
} from '@nostrata/protocol';
import { readText, requireSharedData, sharedData, skipWithout } from '@nostrata/testing';
import { routeAuthorReads } from './author-route.ts';
import { findMissingRelayLists, routePublish } from './publish-route.ts';
import { findFilterPattern, routeRead } from './read-route.ts';
import { buildRelaySet, type KnownLists, readRelays, selectRelayHint, selectZapRelays } from './relay-set.ts';

const folder = 'vectors/relay-selection';
const tested = new Set<string>();

/** Runs every vector of a file. */
function vectors<T extends { readonly name: string }>(file: string, check: (vector: T) => void): void {
  tested.add(`${file}.json`);
  const path = `${folder}/${file}.json`;
  describe(file, { skip: skipWithout(path) }, () => {
    if (sharedData(path) === null) return;
    for (const vector of JSON.parse(readText(requireSharedData(path))) as T[]) test(vector.name, () => check(vector));
  });
}

interface PartialEvent {
  readonly kind: number;
  readonly pubkey: string;
  readonly created_at: number;
  readonly tags: readonly Tag[];
}

const complete = (event: PartialEvent): UnsignedEvent => ({ content: '', ...event });

/** The lists of events; the newest of each author and kind counts. */
function listsOf(events: readonly PartialEvent[]): KnownLists {
  const find = (kind: number, pubkey: string): UnsignedEvent | undefined =>
    events
      .filter((event) => event.kind === kind && event.pubkey === pubkey)
      .map(complete)
      .sort((a, b) => b.created_at - a.created_at)[0];
  return {
    relayList(pubkey) {
      const event = find(Kind.relayList, pubkey);
      return event && parseRelayList(event);
    },
    inboxRelays(pubkey) {
      const event = find(Kind.inboxRelays, pubkey);
      return event && parseInboxRelays(event);
    },
  };
}

const setOf = (urls: readonly string[] = []): ReadonlySet<string> => new Set(buildRelaySet([urls]));
const isValid = (parse: () => unknown): boolean => {
  try {
    parse();
    return true;
  } catch (error) {
    assert.ok(error instanceof InvalidError);
    return false;
  }
};

type Named<T> = T & { readonly name: string };

vectors<Named<{ input: string | null; expected: string | null }>>('normalise-url', ({ input, expected }) => {
  assert.equal(normalizeRelayUrl(input ?? ''), expected);
});

vectors<Named<{ input: string; isOnion: boolean; isLoopback: boolean; isLocalAddr: boolean; isInsecure: boolean }>>(
  'classify-url',
  ({ input, isOnion, isLoopback, isLocalAddr: isLocal, isInsecure }) => {
    assert.deepEqual(classifyRelayUrl(input), { isOnion, isLoopback, isLocal, isInsecure });
  },
);

vectors<Named<{ input: object; valid: boolean }>>('create-event', ({ input, valid }) => {
  const hex = '0'.repeat(64);
  assert.equal(
    isValid(() => parseEvent({ id: hex, sig: hex + hex, content: '', ...input })),
    valid,
  );
});

vectors<Named<{ input: object; valid: boolean }>>('create-filter', ({ input, valid }) => {
  assert.equal(
    isValid(() => parseFilter(input)),
    valid,
  );
});

vectors<Named<{ input: string[][]; expected: string[] }>>('build-relay-set', ({ input, expected }) => {
  assert.deepEqual(buildRelaySet(input), expected);
});

vectors<Named<{ function: string; tags: string[][]; expected: string[] }>>('extract-relay-urls', (vector) => {
  const event = complete({ kind: 0, pubkey: '', created_at: 0, tags: vector.tags });
  const extract: Readonly<Record<string, () => string[]>> = {
    extractInboxRelayUrls: () =>
      parseRelayList(event)
        .filter(({ read }) => read)
        .map(({ url }) => url),
    extractOutboxRelayUrls: () =>
      parseRelayList(event)
        .filter(({ write }) => write)
        .map(({ url }) => url),
    extractDmRelayUrls: () => parseInboxRelays(event),
    extractBlockedRelayUrls: () => buildRelaySet([getTagValues(event, 'relay')]),
    extractSearchRelayUrls: () => buildRelaySet([getTagValues(event, 'relay')]),
  };
  const run = extract[vector.function];
  assert(run, vector.function);
  assert.deepEqual(run(), vector.expected);
});

vectors<Named<{ filters: unknown[]; expected: string }>>('find-filter-pattern', ({ filters, expected }) => {
  assert.equal(findFilterPattern(filters.map(parseFilter)), expected);
});

vectors<Named<{ event: PartialEvent; relayListEvents: PartialEvent[]; expected: string[] }>>(
  'missing-relay-list-pubkeys',
  ({ event, relayListEvents, expected }) => {
    assert.deepEqual(findMissingRelayLists(complete(event), listsOf(relayListEvents)), expected);
  },
);

interface AuthorVector {
  readonly context: {
    readonly authorPubkeys: string[];
    readonly relayListEvents: PartialEvent[];
    readonly fallbackRelays: string[];
    readonly maxAuthorsPerFilter?: number;
    readonly redundancy?: number | null;
    readonly blockedRelays?: string[];
  };
  readonly expected: unknown;
}

vectors<Named<AuthorVector>>('route-author-reads', ({ context, expected }) => {
  const { authorPubkeys, relayListEvents, fallbackRelays, maxAuthorsPerFilter, redundancy, blockedRelays } = context;
  const routes = routeAuthorReads(authorPubkeys, {
    lists: listsOf(relayListEvents),
    fallbackRelays,
    blocked: setOf(blockedRelays),
    redundancy,
    authorsPerFilterMax: maxAuthorsPerFilter,
  });
  assert.deepEqual(routes, expected);
});

interface PublishVector {
  readonly event: PartialEvent;
  readonly context: {
    readonly userPubkey: string;
    readonly relayListEvents: PartialEvent[];
    readonly privateContentRelays: string[];
    readonly indexerRelays: string[];
    readonly groupRelays?: string[];
    readonly blockedRelays?: string[];
    readonly perRecipientCap?: number;
  };
  readonly expected: unknown;
}

vectors<Named<PublishVector>>('route-publish', ({ event, context, expected }) => {
  const route = routePublish(complete(event), {
    lists: listsOf(context.relayListEvents),
    privateRelays: context.privateContentRelays,
    lookupRelays: context.indexerRelays,
    groupRelays: context.groupRelays,
    blocked: setOf(context.blockedRelays),
    relaysPerRecipientMax: context.perRecipientCap,
  });
  assert.deepEqual(route, expected);
});

interface ReadVector {
  readonly context: {
    readonly userRelayUrls: string[];
    readonly callerRelays: string[];
    readonly filters: unknown[];
    readonly relayListEvents: PartialEvent[];
    readonly searchRelays?: string[];
    readonly blockedRelays?: string[];
  };
  readonly expected: unknown;
}

vectors<Named<ReadVector>>('route-read', ({ context, expected }) => {
  const filters: Filter[] = context.filters.map(parseFilter);
  const route = routeRead(filters, {
    lists: listsOf(context.relayListEvents),
    userRelays: context.userRelayUrls,
    callerRelays: context.callerRelays,
    searchRelays: context.searchRelays,
    blocked: setOf(context.blockedRelays),
  });
  assert.deepEqual(route, expected);
});

interface PairVector {
  readonly context: { readonly relayListEvents: PartialEvent[] } & Readonly<Record<string, string>>;
  readonly expected: unknown;
}

vectors<Named<PairVector>>('select-relay-hint', ({ context, expected }) => {
  const { userPubkey = '', targetPubkey = '', relayListEvents } = context;
  assert.deepEqual(selectRelayHint(listsOf(relayListEvents), userPubkey, targetPubkey), expected);
});

vectors<Named<PairVector>>('select-zap-request-relays', ({ context, expected }) => {
  const { zapperPubkey = '', recipientPubkey = '', relayListEvents } = context;
  assert.deepEqual(selectZapRelays(listsOf(relayListEvents), zapperPubkey, recipientPubkey), expected);
});

vectors<Named<PairVector>>('select-author-inbox-relays', ({ context, expected }) => {
  const { authorPubkey = '', relayListEvents } = context;
  assert.deepEqual(readRelays(listsOf(relayListEvents), authorPubkey), expected);
});

const first = `${folder}/normalise-url.json`;

test('the lists of real people are read as they mean them', { skip: skipWithout(first) }, () => {
  const path = requireSharedData(`${folder}/real-world`);
  for (const file of readdirSync(path)) {
    const { pubkey, events, expected } = JSON.parse(readText(`${path}/${file}`)) as {
      pubkey: string;
      events: PartialEvent[];
      expected: { inbox: string[]; outbox: string[]; dm: string[] };
    };
    const lists = listsOf(events);
    const relays = lists.relayList(pubkey) ?? [];
    assert.deepEqual(
      relays.filter(({ read }) => read).map(({ url }) => url),
      expected.inbox,
      file,
    );
    assert.deepEqual(
      relays.filter(({ write }) => write).map(({ url }) => url),
      expected.outbox,
      file,
    );
    assert.deepEqual(lists.inboxRelays(pubkey) ?? [], expected.dm, file);
  }
});

test('the fixtures of other implementations are read', { skip: skipWithout(first) }, () => {
  const path = requireSharedData(`${folder}/external-fixtures/rust-nostr`);
  const listed = Object.fromEntries(
    readdirSync(path).map((file) => {
      const { event } = JSON.parse(readText(`${path}/${file}`)) as { event: PartialEvent };
      const read =
        event.kind === Kind.relayList
          ? parseRelayList(complete(event)).map(({ url }) => url)
          : parseInboxRelays(complete(event));
      return [file, read];
    }),
  );
  assert.deepEqual(listed, {
    'kind-10002-allowed-relays-mixed.json': [
      'wss://relay.damus.io',
      'ws://192.168.1.11:7777',
      'ws://oxtrdevav64z64yb7x6rjg4ntzqjhedm5b5zjqulugknhzr46ny2qbad.onion',
    ],
    'kind-10002-nip65-relay-list.json': [
      'wss://relay.damus.io',
      'wss://nostr.wine',
      'wss://nostr.oxtr.dev',
      'wss://relay.nostr.wirednet.jp',
    ],
    'kind-10050-nip17-inbox-relays.json': ['wss://auth.nostr1.com', 'wss://nostr.oxtr.dev', 'wss://nip17.com'],
  });
});

test('no file of vectors is left out', { skip: skipWithout(first) }, () => {
  const files = readdirSync(requireSharedData(folder)).filter((name) => name.endsWith('.json'));
  assert.deepEqual([...tested].sort(), files.sort());
});
