import type { ChatFile, ChatMessage } from '@nostrata/protocol';
import type { Publication } from '../contract.ts';

/** What to send. */
export interface MessageParts {
  /** Everybody in the room beside oneself, as pubkeys; oneself alone is a note to oneself. */
  readonly to: readonly string[];
  readonly content: string;
  /** The topic of the room from now on. */
  readonly subject?: string | undefined;
  /** The id of the message that this one answers. */
  readonly replyTo?: string | undefined;
  /** Makes it a file message; the file is already encrypted and uploaded. */
  readonly file?: ChatFile | undefined;
  /** The second at which relays and readers should forget it. */
  readonly expiresAt?: number | undefined;
  /**
   * Sends to the others although somebody has no inbox relays, and so cannot be reached (NIP-17). Without it nothing is
   * sent then.
   */
  readonly skipUnreachable?: boolean | undefined;
}

/** What became of a message that was sent. */
export interface SentMessage {
  readonly message: ChatMessage;
  /** One for each receiver, by pubkey; the own copy under the own one, where there are inbox relays for it. */
  readonly publications: ReadonlyMap<string, Publication>;
  /** Who got nothing, having no inbox relays; the sender too, whose copy then stays on this machine. */
  readonly unreachable: readonly string[];
}

/** A reaction to a message (kind 7 within the room). */
export interface MessageReaction {
  readonly author: string;
  /** `+`, `-`, an emoji or `:shortcode:`. */
  readonly content: string;
}

/** A message as it is shown. */
export interface RoomMessage extends ChatMessage {
  readonly reactions: readonly MessageReaction[];
}

/** One page of a room, newest first. */
export interface MessagePage {
  readonly messages: readonly RoomMessage[];
  /** Give it as `before` for the page before this one; undefined at the beginning of the room. */
  readonly next?: string | undefined;
}

/** A conversation. */
export interface ChatRoom {
  readonly id: string;
  /** Everybody in it, the viewer too, sorted. */
  readonly members: readonly string[];
  /** The newest topic. */
  readonly subject?: string | undefined;
  readonly last: ChatMessage;
}

/** What opening gift wraps came to. */
export interface UnwrapReport {
  readonly opened: number;
  /** Forged, malformed or not decryptable; not tried again. */
  readonly unreadable: number;
  /** Left for later, because the signer refused, was late or is not there. */
  readonly waiting: number;
}

/** Direct messages of the person who signs (NIP-17), read from the store and sent by the outbox. */
export interface DirectMessages extends AsyncDisposable {
  /**
   * Wraps a message for everybody in the room and for oneself. Nothing leaves before every wrap is made and on disk.
   * @throws MessageError, SignerError
   */
  send(parts: MessageParts): Promise<SentMessage>;
  /** Reacts to a message within its room. @throws MessageError, SignerError */
  react(messageId: string, content: string): Promise<SentMessage['publications']>;
  /** Asks everybody in the room to forget an own message, and forgets it here. @throws MessageError, SignerError */
  retract(messageId: string): Promise<SentMessage['publications']>;
  /** Rooms, the one with the newest message first. */
  rooms(limit?: number): Promise<readonly ChatRoom[]>;
  /** A page of a room, by its id or its members, newest first. */
  page(
    room: string | readonly string[],
    options?: { readonly before?: string; readonly limit?: number },
  ): Promise<MessagePage>;
  /**
   * Opens every gift wrap in the store that is not opened yet, and from then on each that comes; each is opened once.
   */
  refresh(): Promise<UnwrapReport>;
  /**
   * Gets what is new from the own inbox relays and stays there; what comes is opened at once. Resolves when relays have
   * answered; says which. When the signer changes it goes to the new person's inbox relays by itself, and nothing of the
   * person before is asked for or opened any more; without a signer it waits for the next one. @throws SignerError
   */
  listen(): Promise<readonly string[]>;
  /** Called with the ids of rooms in which something changed; returns the function that ends it. */
  onChange(listener: (rooms: readonly string[]) => void): () => void;
  /** Idempotent. */
  stop(): Promise<void>;
}
