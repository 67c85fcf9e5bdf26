import { Kind, type NostrEvent, parseThread } from '@nostrata/protocol';
import type { Loaded, LoadOptions } from '../contract.ts';
import { threadEventsMax, threadRelaysMax } from '../limits.ts';
import type { Loader } from '../loading/loader.ts';
import type { LoadRelayLists } from '../loading/relay-lists.ts';
import { keyOf } from '../loading/wanted.ts';
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
  const wanted = { type: 'references', id: rootId, kinds: askedKinds } as const;
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
      return await loader.load(wanted, [...hints, ...(await listenersOf(author, parts))]);
    },
  };
  if (!found) return await reader.read(spec, { ...options, policy: 'cache-only' });
  return await reader.read(spec, options);
}

/** Where answers to a person are sent (NIP-65): the relays that the person reads. */
async function listenersOf(author: string | undefined, { relayLists }: ThreadParts): Promise<string[]> {
  if (author === undefined) return [];
  const list = (await relayLists([author])).get(author) ?? [];
  return list
    .filter(({ read }) => read)
    .map(({ url }) => url)
    .slice(0, threadRelaysMax);
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
