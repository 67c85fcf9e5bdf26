import { Kind, type NostrEvent, parseThread } from '@nostrata/protocol';
import type { Loaded, LoadOptions } from '../contract.ts';
import { threadEventsMax } from '../limits.ts';
import type { Loader } from '../loading/loader.ts';
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

/** What reading threads is made of. */
export interface ThreadParts {
  readonly reader: Reader;
  readonly lookups: Lookups;
  readonly loader: Loader;
  readonly eventSpec: (id: string) => ReadSpec<NostrEvent>;
}

/** Reads a thread: the event, its root, and everything that refers to the root. */
export async function readThread(
  id: string,
  options: LoadOptions,
  { reader, lookups, loader, eventSpec }: ThreadParts,
): Promise<Loaded<Thread>> {
  const found = await reader.read(eventSpec(id), options);
  if (found.value === undefined) return { ...found, value: undefined, refresh: undefined };
  const event = found.value;
  const place = parseThread(event);
  const rootId = place.root?.id ?? id;
  const root = rootId === id ? event : (await reader.read(eventSpec(rootId), options)).value;
  const spec: ReadSpec<Thread> = {
    class: 'engagement',
    key: keyOf({ type: 'references', id: rootId, kinds: replyKinds }),
    isAlwaysThere: true,
    local: async () => toThread(event, root, await listReplies(lookups, rootId)),
    load: (_value, hints) => loader.load({ type: 'references', id: rootId, kinds: replyKinds }, hints),
  };
  return await reader.read(spec, options);
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
