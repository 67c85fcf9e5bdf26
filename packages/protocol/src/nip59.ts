import { randomBytes } from '@noble/hashes/utils.js';
import { InvalidError } from './errors.ts';
import { getEventId, type NostrEvent, parseEvent, type Tag, type UnsignedEvent } from './event.ts';
import { Kind } from './kinds.ts';
import {
  giftWrapBackdateSeconds,
  giftWrapContentCharactersMax,
  rumorCharactersMax,
  sealCharactersMax,
} from './limits.ts';
import { encryptNip44, getConversationKey } from './nip44.ts';
import { signEvent } from './sign.ts';
import { getTagValues } from './tags.ts';
import { hasValidId, verifyEvent } from './verify.ts';

/** An event that nobody signed, so that nobody can prove it (NIP-59). */
export interface Rumor extends UnsignedEvent {
  readonly id: string;
}

/** What wrapping and opening need of a signer; keys never leave it. */
export interface EncryptingSigner {
  getPublicKey(): Promise<string>;
  signEvent(event: Omit<UnsignedEvent, 'pubkey'>): Promise<NostrEvent>;
  nip44Encrypt(pubkey: string, plaintext: string): Promise<string>;
  nip44Decrypt(pubkey: string, payload: string): Promise<string>;
}

/** What `wrapRumor` needs beside the rumor. */
export interface WrapOptions {
  readonly signer: Pick<EncryptingSigner, 'signEvent' | 'nip44Encrypt'>;
  /** Who may open it. */
  readonly recipient: string;
  /** The present second; seal and wrap are dated back from it, each by its own random time of up to two days. */
  readonly nowSeconds: number;
  /** A relay of the recipient, written as a hint. */
  readonly relay?: string | undefined;
  /** The second at which the wrap expires (NIP-40): for messages that disappear. */
  readonly expiresAt?: number | undefined;
  /** Kind 21059 instead of 1059: relays hand it on without keeping it. */
  readonly isEphemeral?: boolean | undefined;
  /** The system's generator unless a test gives another. */
  readonly randomBytes?: ((bytes: number) => Uint8Array) | undefined;
}

/** Makes an event without a signature into a rumor by giving it its id. */
export function createRumor({ pubkey, created_at, kind, tags, content }: UnsignedEvent): Rumor {
  const unsigned = { pubkey, created_at, kind, tags, content };
  return { id: getEventId(unsigned), ...unsigned };
}

/**
 * Seals a rumor with its author's key and wraps the seal with a key that is used once (NIP-59). Whatever the signer
 * throws comes through.
 * @throws InvalidError where the rumor is too long, the signer is not its author, or the recipient is no pubkey
 */
export async function wrapRumor(rumor: Rumor, options: WrapOptions): Promise<NostrEvent> {
  const { recipient, relay, expiresAt, isEphemeral } = options;
  const random = options.randomBytes ?? randomBytes;
  const secret = random(32);
  const conversationKey = getConversationKey(secret, recipient);
  const seal = await createSeal(rumor, options);
  const content = encryptNip44(JSON.stringify(seal), conversationKey, random(32));
  if (content.length > giftWrapContentCharactersMax) throw new InvalidError('rumor is too long to be wrapped');
  const tags: Tag[] = [relay === undefined ? ['p', recipient] : ['p', recipient, relay]];
  if (expiresAt !== undefined) tags.push(['expiration', String(expiresAt)]);
  const kind = isEphemeral ? Kind.ephemeralGiftWrap : Kind.giftWrap;
  return signEvent({ kind, created_at: backdate(options), tags, content }, secret);
}

/** What `openGiftWrap` needs beside the wrap. */
export interface OpenOptions {
  readonly signer: Pick<EncryptingSigner, 'getPublicKey' | 'nip44Decrypt'>;
  /** Checks id and signature of the seal; `verifyEvent` unless told, which takes a millisecond. */
  readonly verify?: ((seal: NostrEvent) => unknown) | undefined;
}

/**
 * Opens a gift wrap whose own signature was checked, and gives the rumor in it: said by `rumor.pubkey`, because that key
 * signed the seal. Each layer must be within its limit. Whatever the signer throws comes through.
 * @throws InvalidError where it is for somebody else, a layer is malformed or too long, the seal is forged, says
 * anything beside its expiration in tags, or was not signed by the author of the rumor
 */
export async function openGiftWrap(wrap: NostrEvent, options: OpenOptions): Promise<Rumor> {
  const { signer, verify = verifyEvent } = options;
  if (wrap.kind !== Kind.giftWrap && wrap.kind !== Kind.ephemeralGiftWrap) throw new InvalidError('not a gift wrap');
  if (wrap.content.length > giftWrapContentCharactersMax) throw new InvalidError('gift wrap is too long');
  if (!getTagValues(wrap, 'p').includes(await signer.getPublicKey())) {
    throw new InvalidError('gift wrap is for somebody else');
  }
  const seal = parseSeal(await signer.nip44Decrypt(wrap.pubkey, wrap.content));
  if (!verify(seal)) throw new InvalidError('seal is forged');
  const rumor = parseRumor(await signer.nip44Decrypt(seal.pubkey, seal.content));
  if (rumor.pubkey !== seal.pubkey) throw new InvalidError('rumor is put into the mouth of somebody else');
  return rumor;
}

/**
 * Takes the JSON text of an event without signature for a rumor. A signature in it is left out.
 * @throws InvalidError where it is malformed, too long or its id is wrong
 */
export function parseRumor(text: string): Rumor {
  const value = parseLayer(text, rumorCharactersMax);
  if (typeof value !== 'object' || value === null) throw new InvalidError('rumor is not an object');
  const hasId = 'id' in value;
  const { sig, ...rumor } = parseEvent({ id: '0'.repeat(64), ...value, sig: '0'.repeat(128) });
  if (!hasId) return createRumor(rumor);
  if (!hasValidId({ ...rumor, sig })) throw new InvalidError('rumor has a wrong id');
  return rumor;
}

async function createSeal(rumor: Rumor, options: WrapOptions): Promise<NostrEvent> {
  const { signer, recipient } = options;
  const text = JSON.stringify(rumor);
  if (text.length > rumorCharactersMax) throw new InvalidError('rumor is too long');
  const content = await signer.nip44Encrypt(recipient, text);
  const seal = await signer.signEvent({ kind: Kind.seal, created_at: backdate(options), tags: [], content });
  if (seal.pubkey !== rumor.pubkey) throw new InvalidError('signer is not the author of the rumor');
  return seal;
}

function parseSeal(text: string): NostrEvent {
  const seal = parseEvent(parseLayer(text, sealCharactersMax));
  if (seal.kind !== Kind.seal) throw new InvalidError('gift wrap does not hold a seal');
  // NIP-59 wants no tags at all; NIP-17 wants disappearing messages to say so on the seal too.
  if (seal.tags.some(([name]) => name !== 'expiration')) throw new InvalidError('seal has tags');
  return seal;
}

function parseLayer(text: string, charactersMax: number): unknown {
  if (text.length > charactersMax) throw new InvalidError(`layer is longer than ${charactersMax} characters`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidError('layer is not JSON', { cause: error });
  }
}

/** A random second within two days before now. */
function backdate({ nowSeconds, randomBytes: random = randomBytes }: WrapOptions): number {
  const [a = 0, b = 0, c = 0, d = 0] = random(4);
  const part = (a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d) / 2 ** 32;
  return nowSeconds - Math.floor(part * giftWrapBackdateSeconds);
}
