import type { Clock } from '@nostrata/network';
import {
  type ClientMetadata,
  getPublicKey,
  InvalidError,
  isHex64,
  normalizeRelayUrl,
  parseBunkerUrl,
  parseClientUrl,
} from '@nostrata/protocol';
import { systemClock } from '../clock.ts';
import { SignerError } from '../errors.ts';
import { checkPubkey, checkSigned, checkText } from './check.ts';
import type { FullSigner } from './key-signer.ts';
import { machineDeadlineMs, personDeadlineMs, remoteRelaysMax } from './limits.ts';
import { createRemoteChannel, type PoolHooks, type RemoteChannel, type SignerPool } from './remote-channel.ts';

/** What an application keeps to reach the same remote signer again, beside the client's secret key. */
export interface RemoteSession {
  readonly remoteSigner: string;
  readonly relays: readonly string[];
  /** The user's pubkey. */
  readonly pubkey: string;
}

/** Options of `createNip46Signer`. */
export interface Nip46Options {
  /**
   * `bunker://…` from the signer, a `nostrconnect://…` that is shown to it (made of this client's key), or what
   * `onSession` gave earlier.
   */
  readonly connection: string | RemoteSession;
  /** 32 bytes: a key of this application alone, made once per session and kept with it. Not the user's key. */
  readonly clientSecret: Uint8Array;
  /** Makes the pool through which the signer is reached: `(hooks) => createPool({ ...hooks, random: Math.random })`. */
  readonly createPool: (hooks: PoolHooks) => SignerPool;
  /** What the application wants to be allowed: `sign_event:1`, `nip44_encrypt` …; with `bunker://` only. */
  readonly permissions?: readonly string[] | undefined;
  /** How the application introduces itself; with `bunker://` only. */
  readonly metadata?: ClientMetadata | undefined;
  /** Called with a page where the person has to sign in; without it such a request fails as `unsupported`. */
  readonly onAuthUrl?: ((url: string) => void) | undefined;
  /** Called when the session is made, and when the signer moves to other relays. */
  readonly onSession?: ((session: RemoteSession) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** Milliseconds that the person has for each request; 120,000 unless told. */
  readonly deadlineMs?: number | undefined;
  /** A text never used before; `crypto.randomUUID` unless told. */
  readonly createId?: (() => string) | undefined;
}

/** A signer somewhere else, reached over relays (NIP-46). */
export interface RemoteSigner extends FullSigner {
  /** Connects now instead of with the first request. @throws SignerError */
  connect(): Promise<RemoteSession>;
  /** @throws SignerError where the signer does not answer */
  ping(): Promise<void>;
  /** Ends the session at the signer, if it answers, and stops. The client's secret is of no use after that. */
  logout(): Promise<void>;
}

/**
 * A remote signer (NIP-46), encrypted by NIP-44. Connects with the first request; a failed try is made again with the
 * next one. What it signs is checked.
 * @throws SignerError `invalid` where connection or secret are malformed
 */
export function createNip46Signer(options: Nip46Options): RemoteSigner {
  const { clock = systemClock, deadlineMs = personDeadlineMs, createId = () => crypto.randomUUID() } = options;
  const start = readConnection(options);
  const channel = createRemoteChannel({ ...options, ...start, clock, createId });
  let isConnected = start.type === 'session';
  let pubkey = start.pubkey;
  let connecting: Promise<RemoteSession> | undefined;

  async function open(): Promise<RemoteSession> {
    if (!isConnected) await introduce(channel, { start, options, deadlineMs });
    isConnected = true;
    pubkey ??= checkPubkey(await channel.request('get_public_key', [], deadlineMs));
    const session = describe(pubkey);
    if (start.type !== 'session') options.onSession?.(session);
    // Its answer is not waited for: many signers do not know the request and say nothing.
    void followSigner(pubkey);
    return session;
  }

  function describe(user: string): RemoteSession {
    return { remoteSigner: channel.remoteSigner ?? '', relays: channel.relays, pubkey: user };
  }

  /** Goes where the signer wants to be reached from now on. Signers that do not know of this lose nothing. */
  async function followSigner(user: string): Promise<void> {
    try {
      const relays = parseRelays(await channel.request('switch_relays', [], machineDeadlineMs));
      if (relays.length === 0 || sameRelays(relays, channel.relays)) return;
      await channel.move(relays);
      options.onSession?.(describe(user));
    } catch (error) {
      if (!(error instanceof SignerError)) throw error;
    }
  }

  function connect(): Promise<RemoteSession> {
    connecting ??= open().catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  }

  async function ask(
    method: 'nip44_encrypt' | 'nip44_decrypt' | 'nip04_decrypt',
    params: readonly string[],
  ): Promise<string> {
    await connect();
    return checkText(await channel.request(method, params, deadlineMs));
  }

  return {
    connect,
    getPublicKey: async () => (await connect()).pubkey,
    async signEvent({ kind, created_at, tags, content }) {
      const session = await connect();
      const template = { kind, content, tags, created_at };
      const answer = checkText(await channel.request('sign_event', [JSON.stringify(template)], deadlineMs));
      return checkSigned(parseJson(answer), template, session.pubkey);
    },
    nip44Encrypt: (other, plaintext) => ask('nip44_encrypt', [other, plaintext]),
    nip44Decrypt: (other, payload) => ask('nip44_decrypt', [other, payload]),
    nip04Decrypt: (other, payload) => ask('nip04_decrypt', [other, payload]),
    async ping() {
      await connect();
      await channel.request('ping', [], machineDeadlineMs);
    },
    async logout() {
      try {
        if (isConnected) await channel.request('logout', [], machineDeadlineMs);
      } finally {
        await channel.stop();
      }
    },
    stop: () => channel.stop(),
  };
}

type Start =
  | { type: 'session'; remoteSigner: string; relays: readonly string[]; pubkey: string }
  | { type: 'bunker'; remoteSigner: string; relays: readonly string[]; secret: string | undefined; pubkey?: undefined }
  | { type: 'client'; remoteSigner?: undefined; relays: readonly string[]; secret: string; pubkey?: undefined };

function readConnection({ connection, clientSecret }: Nip46Options): Start {
  try {
    const client = getPublicKey(clientSecret);
    if (typeof connection !== 'string') return readSession(connection);
    if (!connection.trim().toLowerCase().startsWith('nostrconnect:')) {
      const { remoteSigner, relays, secret } = parseBunkerUrl(connection);
      return { type: 'bunker', remoteSigner, relays: relays.slice(0, remoteRelaysMax), secret };
    }
    const pointer = parseClientUrl(connection);
    if (pointer.client !== client) throw new InvalidError('nostrconnect URL is not made of this client’s key');
    return { type: 'client', relays: pointer.relays.slice(0, remoteRelaysMax), secret: pointer.secret };
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    throw new SignerError('invalid', error.message, { cause: error });
  }
}

function readSession({ remoteSigner, relays, pubkey }: RemoteSession): Start {
  if (!isHex64(remoteSigner) || !isHex64(pubkey)) throw new InvalidError('session names no pubkeys');
  const known = readRelays(relays);
  if (known.length === 0) throw new InvalidError('session names no relay');
  return { type: 'session', remoteSigner, relays: known, pubkey };
}

interface Introduction {
  readonly start: Start;
  readonly options: Nip46Options;
  readonly deadlineMs: number;
}

async function introduce(channel: RemoteChannel, { start, options, deadlineMs }: Introduction): Promise<void> {
  if (start.type === 'client') return channel.accept(start.secret, deadlineMs);
  if (start.type === 'session') return;
  const { permissions = [], metadata } = options;
  const params = [
    start.remoteSigner,
    start.secret ?? '',
    permissions.join(','),
    metadata ? JSON.stringify(metadata) : '',
  ];
  // Older signers count the parameters.
  while (params.at(-1) === '') params.pop();
  const result = await channel.request('connect', params, deadlineMs);
  if (result !== 'ack' && result !== start.secret) {
    throw new SignerError('invalid', 'remote signer answered the connection with something else');
  }
}

/** The relays to which the signer wants to move; none where it stays. */
function parseRelays(answer: string | null): string[] {
  const value = answer === null || answer === '' ? [] : parseJson(answer);
  return Array.isArray(value) ? readRelays(value) : [];
}

function readRelays(values: readonly unknown[]): string[] {
  const urls = values.flatMap((value) => (typeof value === 'string' ? (normalizeRelayUrl(value) ?? []) : []));
  return [...new Set(urls)].slice(0, remoteRelaysMax);
}

function sameRelays(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((relay) => other.includes(relay));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SignerError('invalid', 'remote signer gave no JSON', { cause: error });
  }
}
