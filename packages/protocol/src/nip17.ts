import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { InvalidError } from './errors.ts';
import { isHex64, type Tag, type UnsignedEvent } from './event.ts';
import { Kind } from './kinds.ts';
import { chatMembersMax } from './limits.ts';
import { createRumor, type Rumor } from './nip59.ts';
import { type EventReference, readEventReference, readRelay } from './references.ts';
import { getTag, getTagValue, getTagValues } from './tags.ts';
import { cutText } from './text.ts';

/** An encrypted file that a message points at (kind 15). Everything is text from outside. */
export interface ChatFile {
  readonly url: string;
  /** The MIME type before encryption. */
  readonly type?: string | undefined;
  /** `aes-gcm` is the only one that NIP-17 knows. */
  readonly algorithm?: string | undefined;
  readonly key?: string | undefined;
  readonly nonce?: string | undefined;
  /** SHA-256 of the encrypted file, 64 hex digits. */
  readonly hash?: string | undefined;
  /** SHA-256 of the file before encryption. */
  readonly originalHash?: string | undefined;
  /** Bytes of the encrypted file. */
  readonly size?: number | undefined;
  /** Pixels, `<width>x<height>`. */
  readonly dimensions?: string | undefined;
}

/** A message of a chat room (kinds 14 and 15, NIP-17). */
export interface ChatMessage {
  readonly id: string;
  readonly author: string;
  /** Seconds; the true time, unlike those of seal and wrap. */
  readonly createdAt: number;
  /** Everybody in the room, the author too, sorted: these pubkeys are the room. */
  readonly room: readonly string[];
  /** Plain text; the URL of the file in kind 15. */
  readonly content: string;
  /** The topic that the room has from now on. */
  readonly subject?: string | undefined;
  readonly replyTo?: EventReference | undefined;
  readonly file?: ChatFile | undefined;
}

/** What `createChatMessage` needs. */
export interface ChatMessageParts {
  readonly author: string;
  /** Everybody else in the room: 1 to 100 pubkeys. */
  readonly recipients: readonly string[];
  readonly content: string;
  /** Seconds. */
  readonly createdAt: number;
  readonly subject?: string | undefined;
  /** The id of the message that this one answers. */
  readonly replyTo?: string | undefined;
  /** Makes it a file message, whose content is the URL. */
  readonly file?: ChatFile | undefined;
}

/**
 * Makes a chat message, to be wrapped for each of its recipients and for its author.
 * @throws InvalidError where there is no recipient, too many, or one that is no pubkey
 */
export function createChatMessage(parts: ChatMessageParts): Rumor {
  const { author, content, createdAt, subject, replyTo, file } = parts;
  const recipients = [...new Set(parts.recipients)].filter(
    (pubkey) => pubkey !== author || parts.recipients.length === 1,
  );
  if (recipients.length < 1 || recipients.length > chatMembersMax || !recipients.every(isHex64)) {
    throw new InvalidError(`a message has 1 to ${chatMembersMax} recipients, each a pubkey`);
  }
  const tags: Tag[] = recipients.map((pubkey) => ['p', pubkey]);
  if (replyTo !== undefined) tags.push(file ? ['e', replyTo, '', 'reply'] : ['e', replyTo]);
  if (subject !== undefined) tags.push(['subject', subject]);
  if (file) tags.push(...fileTags(file));
  const kind = file ? Kind.fileMessage : Kind.chatMessage;
  return createRumor({ pubkey: author, created_at: createdAt, kind, tags, content: file?.url ?? content });
}

/** Reads a chat message. Null for rumors of other kinds and for messages to nobody. Never throws. */
export function parseChatMessage(rumor: Rumor): ChatMessage | null {
  if (rumor.kind !== Kind.chatMessage && rumor.kind !== Kind.fileMessage) return null;
  const room = getChatRoom(rumor);
  if (!rumor.tags.some(([name, pubkey]) => name === 'p' && isHex64(pubkey))) return null;
  const parent = getTag(rumor, 'e');
  return {
    id: rumor.id,
    author: rumor.pubkey,
    createdAt: rumor.created_at,
    room,
    content: rumor.content,
    subject: cutText(getTagValue(rumor, 'subject'), 300),
    replyTo: parent && readEventReference(parent, 4),
    file: rumor.kind === Kind.fileMessage ? readFile(rumor) : undefined,
  };
}

/** The room that a rumor belongs to: its author and everybody in `p` tags, each once, sorted (NIP-17). */
export function getChatRoom(rumor: UnsignedEvent): string[] {
  return [...new Set([rumor.pubkey, ...getTagValues(rumor, 'p').filter(isHex64)])].sort();
}

/** A short name of a room: 64 hex digits, the same for everybody in it, whatever the order. */
export function getChatRoomId(members: readonly string[]): string {
  return bytesToHex(sha256(utf8ToBytes([...new Set(members)].sort().join(' '))));
}

/** The relays on which somebody wants to get direct messages (kind 10050), normalised, in order, each once. */
export function parseInboxRelays(event: UnsignedEvent): string[] {
  return [...new Set(getTagValues(event, 'relay').flatMap((text) => readRelay(text) ?? []))];
}

function readFile(rumor: Rumor): ChatFile {
  const size = Number(getTagValue(rumor, 'size') ?? Number.NaN);
  return {
    url: rumor.content,
    type: getTagValue(rumor, 'file-type'),
    algorithm: getTagValue(rumor, 'encryption-algorithm'),
    key: getTagValue(rumor, 'decryption-key'),
    nonce: getTagValue(rumor, 'decryption-nonce'),
    hash: getTagValue(rumor, 'x'),
    originalHash: getTagValue(rumor, 'ox'),
    size: Number.isSafeInteger(size) && size >= 0 ? size : undefined,
    dimensions: getTagValue(rumor, 'dim'),
  };
}

function fileTags(file: ChatFile): Tag[] {
  const pairs: [string, string | undefined][] = [
    ['file-type', file.type],
    ['encryption-algorithm', file.algorithm],
    ['decryption-key', file.key],
    ['decryption-nonce', file.nonce],
    ['x', file.hash],
    ['ox', file.originalHash],
    ['size', file.size?.toString()],
    ['dim', file.dimensions],
  ];
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}
