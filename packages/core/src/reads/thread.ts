import type { RelayPool } from '@nostrata/network';
import { Kind, type NostrEvent, parseThread } from '@nostrata/protocol';
import type { Loaded, LoadOptions } from '../contract.ts';
import { threadEventsMax, threadRelaysMax, threadRelaysMin } from '../limits.ts';
import type { Loader } from '../loading/loader.ts';
import type { LoadRelayLists } from '../loading/relay-lists.ts';
import { keyOf, type Wanted } from '../loading/wanted.ts';
import type { Lookups } from '../lookups.ts';
import { compareEvents } from '../timeline/listing.ts';
import type { Reader, ReadSpec } from './reader.ts';

/** An event in a conversation. */
export interface ThreadNode {
  readonly event: NostrEvent;
  /** Oldest first. */
  readonly replies: readonly ThreadNode[];
}

/** A conversation. */
export interface Thread {
  /** The event that was asked for. */
  readonly event: NostrEvent;
  /** The event at the top of the conversation; undefined where it is not known. */
  readonly root: NostrEvent | undefined;
  /** What answers the root, or the event itself where the root is not known, as a tree. */
  readonly tree: ThreadNode;
  readonly replyCount: number;
}

/** Kinds that answer an event (NIP-10, NIP-22). */
const replyKinds: readonly number[] = [Kind.note, Kind.comment];

/** What is asked for with them: a deletion of the root names it in the same way, so one request tells both. */
const askedKinds: readonly number[] = [...replyKinds, Kind.deletionRequest];

/** What reading threads is made of. */
export interface ThreadParts {
  readonly reader: Reader;
  readonly lookups: Lookups;
  readonly loader: Loader;
  readonly relayLists: LoadRelayLists;
  readonly eventSpec: (id: string) => ReadSpec<NostrEvent>;
  /** The application's own relays. */
  readonly relays: readonly string[];
  readonly pool: Pick<RelayPool, 'statuses'>;
}

/** Reads a thread: the event, its root, and everything that refers to the root. */
export async function readThread(id: string, options: LoadOptions, parts: ThreadParts): Promise<Loaded<Thread>> {
  const { reader, lookups, loader } = parts;
  const event = await lookups.getEvent(id);
  // An event that is here is not asked for by itself: what may have become of it comes with its replies.
  const found = event ?? (await reader.read(parts.eventSpec(id), options)).value;
  const rootId = (found && parseThread(found).root?.id) ?? id;
  const root = await lookups.getEvent(rootId);
  if (found && !root) await reader.read(parts.eventSpec(rootId), options);
  const wanted: Wanted = { type: 'references', id: rootId, kinds: askedKinds };
  const spec: ReadSpec<Thread> = {
    class: 'engagement',
    key: keyOf(wanted),
    isAlwaysThere: found !== undefined,
    local: async () => {
      const [now, top] = [await lookups.getEvent(id), await lookups.getEvent(rootId)];
      return now && toThread(now, top, await listReplies(lookups, rootId));
    },
    load: async (thread, hints) => {
      const author = (thread?.root ?? thread?.event)?.pubkey;
      const { at, others } = await chooseRelays(author, parts);
      const outcome = await loader.load({ ...wanted, at }, hints);
      if (others.length === 0 || (await listReplies(lookups, rootId)).length > 0) return outcome;
      // Not everybody sends answers where they are read: what seems to have none may have them where we are at home.
      const more = await loader.load({ ...wanted, at: others }, hints);
      return { relays: [...outcome.relays, ...more.relays] };
    },
  };
  if (!found) return await reader.read(spec, { ...options, policy: 'cache-only' });
  return await reader.read(spec, options);
}

interface ThreadRelays {
  /** Undefined: the default relays. */
  readonly at?: readonly string[] | undefined;
  /** Where else there may be answers. */
  readonly others: readonly string[];
}

/**
 * Where answers to a person are sent (NIP-65): up to three relays that the person reads. Those that cannot be reached
 * just now do not count, those that have sent forged events are left out where enough others are there, and where they
 * are too few, the application's own fill up. The default relays are asked where the person has told none.
 */
async function chooseRelays(author: string | undefined, parts: ThreadParts): Promise<ThreadRelays> {
  if (author === undefined) return { others: [] };
  const list = (await parts.relayLists([author])).get(author) ?? [];
  const listed = list.filter(({ read }) => read).map(({ url }) => url);
  if (listed.length === 0) return { others: [] };
  const statuses = new Map(parts.pool.statuses().map((status) => [status.relay, status]));
  const isReachable = (url: string): boolean => !['waiting', 'given-up'].includes(statuses.get(url)?.state ?? 'idle');
  const isGood = (url: string): boolean => isReachable(url) && (statuses.get(url)?.forged ?? 0) === 0;
  const good = listed.filter(isGood).slice(0, threadRelaysMax);
  if (good.length >= threadRelaysMin) return { at: good, others: parts.relays.filter((url) => !good.includes(url)) };
  const own = parts.relays.filter((url) => !listed.includes(url) && isReachable(url));
  const missing = threadRelaysMin - good.length;
  const chosen = listed.slice(0, threadRelaysMax);
  return { at: [...new Set([...good, ...chosen, ...own.slice(0, missing)])], others: own.slice(missing) };
}

async function listReplies(lookups: Lookups, rootId: string): Promise<NostrEvent[]> {
  return await lookups.list([{ kinds: replyKinds, tags: { e: [rootId] }, limit: threadEventsMax }]);
}

function toThread(event: NostrEvent, root: NostrEvent | undefined, replies: readonly NostrEvent[]): Thread {
  const top = root ?? event;
  const answers = replies.filter(({ id }) => id !== top.id);
  const known = new Set([top.id, ...answers.map(({ id }) => id)]);
  const parentOf = (reply: NostrEvent): string => {
    const parent = parseThread(reply).reply?.id ?? parseThread(reply).root?.id;
    // A reply to something that is not here stands under the top.
    return parent !== undefined && known.has(parent) && parent !== reply.id ? parent : top.id;
  };
  const repliesByParent = Map.groupBy(answers, parentOf);
  return { event, root, tree: toNode(top, repliesByParent, new Set()), replyCount: answers.length };
}

/** Forged references can make circles: an event stands in a tree once. */
function toNode(
  event: NostrEvent,
  repliesByParent: ReadonlyMap<string, readonly NostrEvent[]>,
  seen: Set<string>,
): ThreadNode {
  seen.add(event.id);
  const replies = (repliesByParent.get(event.id) ?? [])
    .filter(({ id }) => !seen.has(id))
    .toSorted((a, b) => -compareEvents(a, b));
  return { event, replies: replies.map((reply) => toNode(reply, repliesByParent, seen)) };
}
