import type { Database } from '@nostrata/database';
import type { RelayPool } from '@nostrata/network';
import {
  type ChatMessage,
  createChatMessage,
  createRumor,
  getChatRoom,
  getChatRoomId,
  InvalidError,
  Kind,
  type NostrEvent,
  parseChatMessage,
  parseReaction,
  parseRumor,
  type Rumor,
} from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import type { Publication, PublishOptions, Signer } from '../contract.ts';
import type { ChatRoom, DirectMessages, MessagePage, MessageParts, RoomMessage, SentMessage } from './contract.ts';
import { requireEncryption } from './encryption.ts';
import { MessageError } from './errors.ts';
import { createInbox } from './inbox.ts';
import { pageMessages, pageMessagesMax } from './limits.ts';
import { createSender } from './sender.ts';
import { createSidecar, type PagePosition, type RumorRow, type Sidecar } from './sidecar.ts';
import { createUnwrapper } from './unwrapper.ts';

/** What direct messages are made of. The tables of `messageMigrations` must be there. */
export interface MessagesOptions {
  readonly database: Database;
  readonly store: Pick<EventStore, 'query' | 'follow'>;
  readonly pool: Pick<RelayPool, 'load' | 'subscribe'>;
  readonly getSigner: () => Signer;
  /** Calls back with the new signer when it changes; returns the function that ends it. */
  readonly onSignerChange: (listener: (signer: Signer | undefined) => void) => () => void;
  readonly nowSeconds: () => number;
  /** The inbox relays (kind 10050) of a person, asked of relays where that is due; none where there is no such list. */
  readonly loadInboxRelays: (pubkey: string) => Promise<readonly string[]>;
  /** Stores an event and sends it to these relays until each has answered, across restarts. */
  readonly publish: (event: NostrEvent, options: PublishOptions) => Promise<Publication>;
  /** Whether `publish` has taken that event before, be it settled since. */
  readonly isPublished: (id: string) => Promise<boolean>;
  readonly onFailed: (what: string, error: unknown) => void;
  /** The system's generator unless a test gives another. */
  readonly randomBytes?: ((bytes: number) => Uint8Array) | undefined;
}

/** Opens direct messages, and hands over what an earlier process left. Nothing is decrypted before `refresh` or `listen`. */
export async function openMessages(options: MessagesOptions): Promise<DirectMessages> {
  const { getSigner, nowSeconds, loadInboxRelays } = options;
  const sidecar = createSidecar(options.database);
  const listeners = new Set<(rooms: readonly string[]) => void>();
  const onChange = (rooms: readonly string[]): void => {
    for (const listener of listeners) listener(rooms);
  };
  const unwrapper = createUnwrapper({ ...options, sidecar, onChange });
  const sender = createSender(options);
  const inbox = createInbox(options);
  const getViewer = (): Promise<string> => getSigner().getPublicKey();

  async function sendRumor(rumor: Rumor, parts: Pick<MessageParts, 'expiresAt' | 'skipUnreachable'>) {
    const room = getChatRoom(rumor);
    const { expiresAt, skipUnreachable } = parts;
    const signer = requireEncryption(getSigner());
    const sent = await sender.send({ rumor, signer, room, expiresAt, skipUnreachable });
    onChange([getChatRoomId(room)]);
    return sent;
  }

  /** A rumor about an earlier message, for everybody in its room. */
  async function sendAbout(messageId: string, kind: number, content: string): Promise<SentMessage['publications']> {
    const viewer = await getViewer();
    const row = await sidecar.getRumor(viewer, messageId);
    if (!row) throw new MessageError('unknown', 'there is no such message here');
    const target = parseRumor(row.rumor);
    if (kind === Kind.deletionRequest && target.pubkey !== viewer) {
      throw new MessageError('invalid', 'only the author can take a message back');
    }
    const others = getChatRoom(target).filter((pubkey) => pubkey !== viewer);
    const people = others.length > 0 ? others : [viewer];
    const tags = [['e', messageId], ['k', String(target.kind)], ...people.map((pubkey) => ['p', pubkey])];
    const rumor = createRumor({ pubkey: viewer, created_at: nowSeconds(), kind, tags, content });
    return (await sendRumor(rumor, { skipUnreachable: true })).publications;
  }

  let isListening = false;
  let signerChanges = 0;
  const listens = new Set<Promise<unknown>>();
  async function listen(): Promise<readonly string[]> {
    const before = signerChanges;
    const viewer = await getViewer();
    const relays = await loadInboxRelays(viewer);
    // Another person's inbox is being listened at by now.
    if (signerChanges !== before) return [];
    const answered = await inbox.listen(viewer, relays);
    if (signerChanges !== before) return [];
    await unwrapper.refresh();
    return answered;
  }
  /** Nothing is asked for or opened for the person before, from this moment on. */
  function followSigner(signer: Signer | undefined): void {
    signerChanges += 1;
    inbox.stop();
    unwrapper.pause();
    if (!isListening || signer === undefined) return;
    const listening = listen().catch((error: unknown) => options.onFailed('messages', error));
    listens.add(listening);
    void listening.then(() => listens.delete(listening));
  }
  const endFollow = options.onSignerChange(followSigner);

  await sender.start();

  const stop = async (): Promise<void> => {
    endFollow();
    signerChanges += 1;
    inbox.stop();
    await unwrapper.stop();
    await Promise.all(listens);
  };
  return {
    async send(parts) {
      const author = await getViewer();
      const rumor = makeMessage(parts, author, nowSeconds());
      const sent = await sendRumor(rumor, parts);
      return { message: toMessage(rumor), ...sent };
    },
    react: (messageId, content) => sendAbout(messageId, Kind.reaction, content),
    retract: (messageId) => sendAbout(messageId, Kind.deletionRequest, ''),
    async rooms(limit = pageMessages) {
      const rows = await sidecar.listRooms(await getViewer(), Math.min(limit, pageMessagesMax));
      return rows.map((row): ChatRoom => {
        const last = toMessage(parseRumor(row.rumor));
        return { id: row.room, members: last.room, last, subject: row.subject ?? undefined };
      });
    },
    async page(room, { before, limit = pageMessages } = {}) {
      const roomId = typeof room === 'string' ? room : getChatRoomId(room);
      const position = before === undefined ? undefined : parsePosition(before);
      await sidecar.expire(nowSeconds());
      return readPage(sidecar, {
        viewer: await getViewer(),
        roomId,
        before: position,
        limit: Math.min(limit, pageMessagesMax),
      });
    },
    refresh: unwrapper.refresh,
    listen() {
      isListening = true;
      return listen();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function makeMessage(parts: MessageParts, author: string, createdAt: number): Rumor {
  const { to, content, subject, replyTo, file } = parts;
  try {
    return createChatMessage({ author, recipients: to, content, createdAt, subject, replyTo, file });
  } catch (error) {
    if (error instanceof InvalidError) throw new MessageError('invalid', error.message);
    throw error;
  }
}

function toMessage(rumor: Rumor): ChatMessage {
  const message = parseChatMessage(rumor);
  if (!message) throw new MessageError('invalid', 'rumor is no chat message');
  return message;
}

interface PageRequest {
  readonly viewer: string;
  readonly roomId: string;
  readonly before: PagePosition | undefined;
  readonly limit: number;
}

async function readPage(sidecar: Sidecar, { viewer, roomId, before, limit }: PageRequest): Promise<MessagePage> {
  const rows = await sidecar.listMessages(viewer, roomId, before ? { before, limit } : { limit });
  const reactions = await sidecar.listReactions(
    viewer,
    rows.map(({ rumor_id }) => rumor_id),
  );
  const messages = rows.map(
    (row): RoomMessage => ({ ...toMessage(parseRumor(row.rumor)), reactions: reactionsTo(row, reactions) }),
  );
  const last = rows.at(-1);
  return { messages, next: last && rows.length === limit ? `${last.sort_at}:${last.rumor_id}` : undefined };
}

/** Each person's reactions, the same one once. Only people of the room can react in it. */
function reactionsTo(message: RumorRow, rows: readonly RumorRow[]): RoomMessage['reactions'] {
  const found = new Map<string, RoomMessage['reactions'][number]>();
  for (const row of rows) {
    const rumor = parseRumor(row.rumor);
    const reaction = parseReaction(rumor);
    if (row.room !== message.room || reaction?.event?.id !== message.rumor_id) continue;
    found.set(`${rumor.pubkey} ${reaction.content}`, { author: rumor.pubkey, content: reaction.content });
  }
  return [...found.values()];
}

function parsePosition(text: string): PagePosition {
  const match = /^([0-9]{1,16}):([0-9a-f]{64})$/.exec(text);
  if (!match) throw new MessageError('invalid', 'not the `next` of a page');
  return { sortAt: Number(match[1]), id: match[2] ?? '' };
}
