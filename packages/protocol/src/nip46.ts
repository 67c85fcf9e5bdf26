import { InvalidError } from './errors.ts';
import { isHex64 } from './event.ts';
import { connectUrlCharactersMax, remoteMessageCharactersMax } from './limits.ts';
import { normalizeRelayUrl } from './relay-url.ts';

/** What `bunker://` says: how to reach a remote signer. */
export interface BunkerPointer {
  /** The signer's own pubkey, which need not be the user's. */
  readonly remoteSigner: string;
  /** Normalised, at least one. */
  readonly relays: readonly string[];
  /** Works once. */
  readonly secret?: string | undefined;
}

/** How an application introduces itself; text from outside, only to be shown. */
export interface ClientMetadata {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly image?: string | undefined;
}

/** What `nostrconnect://` says: how a remote signer reaches a client. */
export interface ClientPointer extends ClientMetadata {
  readonly client: string;
  /** Normalised, at least one. */
  readonly relays: readonly string[];
  /** What the signer must send back, so that nobody else can pose as it. */
  readonly secret: string;
  /** `method` or `method:kind`. */
  readonly permissions: readonly string[];
}

/** The methods of NIP-46. */
export type RemoteMethod =
  | 'connect'
  | 'sign_event'
  | 'ping'
  | 'get_public_key'
  | 'nip04_encrypt'
  | 'nip04_decrypt'
  | 'nip44_encrypt'
  | 'nip44_decrypt'
  | 'switch_relays'
  | 'logout';

/** What a client asks of a remote signer. */
export interface RemoteRequest {
  readonly id: string;
  /** One of `RemoteMethod`, or something that is to be refused. */
  readonly method: string;
  readonly params: readonly string[];
}

/** What a remote signer answers; after `auth-url` another answer with the same id follows. */
export type RemoteResponse =
  | { readonly type: 'result'; readonly id: string; readonly result: string | null }
  | { readonly type: 'error'; readonly id: string; readonly error: string }
  | { readonly type: 'auth-url'; readonly id: string; readonly url: string };

/**
 * Reads `bunker://<pubkey>?relay=…&secret=…`. Relays that are no relay URLs are left out.
 * @throws InvalidError where it is malformed or names no relay
 */
export function parseBunkerUrl(text: string): BunkerPointer {
  const { pubkey, query } = splitUrl(text, 'bunker://');
  return { remoteSigner: pubkey, relays: readRelays(query), secret: query.get('secret') || undefined };
}

/** Writes `bunker://…`. */
export function formatBunkerUrl({ remoteSigner, relays, secret }: BunkerPointer): string {
  const query = writeRelays(relays);
  if (secret !== undefined) query.append('secret', secret);
  return `bunker://${remoteSigner}?${writeQuery(query)}`;
}

/**
 * Reads `nostrconnect://<pubkey>?relay=…&secret=…`. Relays that are no relay URLs are left out.
 * @throws InvalidError where it is malformed, names no relay or has no secret
 */
export function parseClientUrl(text: string): ClientPointer {
  const { pubkey, query } = splitUrl(text, 'nostrconnect://');
  const secret = query.get('secret');
  if (!secret) throw new InvalidError('nostrconnect URL has no secret');
  const permissions = (query.get('perms') ?? '').split(',').filter((permission) => permission !== '');
  const [name, url, image] = ['name', 'url', 'image'].map((key) => query.get(key) || undefined);
  return { client: pubkey, relays: readRelays(query), secret, permissions, name, url, image };
}

/** Writes `nostrconnect://…`. */
export function formatClientUrl({ client, relays, secret, permissions, ...metadata }: ClientPointer): string {
  const query = writeRelays(relays);
  query.append('secret', secret);
  if (permissions.length > 0) query.append('perms', permissions.join(','));
  for (const key of ['name', 'url', 'image'] as const) if (metadata[key]) query.append(key, metadata[key]);
  return `nostrconnect://${client}?${writeQuery(query)}`;
}

/**
 * Reads the decrypted content of a request (kind 24133).
 * @throws InvalidError where it is malformed or too long
 */
export function parseRemoteRequest(text: string): RemoteRequest {
  const { id, method, params } = parseMessage(text);
  if (typeof id !== 'string' || typeof method !== 'string') throw new InvalidError('request has no id or method');
  if (!Array.isArray(params) || !params.every((param) => typeof param === 'string')) {
    throw new InvalidError('params of the request are not an array of strings');
  }
  return { id, method, params };
}

/** Writes the content of a request, to be encrypted. */
export function formatRemoteRequest({ id, method, params }: RemoteRequest): string {
  return JSON.stringify({ id, method, params });
}

/**
 * Reads the decrypted content of a response (kind 24133).
 * @throws InvalidError where it is malformed or too long
 */
export function parseRemoteResponse(text: string): RemoteResponse {
  const { id, result, error } = parseMessage(text);
  if (typeof id !== 'string') throw new InvalidError('response has no id');
  if (result === 'auth_url' && typeof error === 'string') return { type: 'auth-url', id, url: error };
  if (typeof error === 'string' && error !== '') return { type: 'error', id, error };
  if (result !== undefined && result !== null && typeof result !== 'string') {
    // Some signers send objects where the NIP asks for their text.
    return { type: 'result', id, result: JSON.stringify(result) };
  }
  return { type: 'result', id, result: result ?? null };
}

/** Writes the content of a response, to be encrypted. */
export function formatRemoteResponse(response: RemoteResponse): string {
  const { id } = response;
  if (response.type === 'auth-url') return JSON.stringify({ id, result: 'auth_url', error: response.url });
  if (response.type === 'error') return JSON.stringify({ id, result: '', error: response.error });
  return JSON.stringify({ id, result: response.result });
}

function splitUrl(text: string, scheme: string): { pubkey: string; query: URLSearchParams } {
  const trimmed = text.trim();
  if (trimmed.length > connectUrlCharactersMax) throw new InvalidError('URL is too long');
  // By hand: browsers do not agree on the host of a URL with a scheme of its own.
  const [pubkey = '', query = ''] = trimmed.slice(scheme.length).split('?', 2);
  const key = pubkey.replace(/\/$/, '').toLowerCase();
  if (!trimmed.toLowerCase().startsWith(scheme) || !isHex64(key))
    throw new InvalidError(`URL is not ${scheme}<pubkey>`);
  return { pubkey: key, query: new URLSearchParams(query) };
}

function writeRelays(relays: readonly string[]): URLSearchParams {
  const query = new URLSearchParams();
  for (const relay of relays) query.append('relay', relay);
  return query;
}

/** With percent signs alone: readers in the field know neither the `+` nor the `*` of forms. */
function writeQuery(query: URLSearchParams): string {
  return query.toString().replaceAll('+', '%20').replaceAll('*', '%2A');
}

function readRelays(query: URLSearchParams): string[] {
  const relays = [...new Set(query.getAll('relay').flatMap((text) => normalizeRelayUrl(text) ?? []))];
  if (relays.length === 0) throw new InvalidError('URL names no relay');
  return relays;
}

function parseMessage(text: string): Record<string, unknown> {
  if (text.length > remoteMessageCharactersMax) throw new InvalidError('message is too long');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidError('message is not JSON', { cause: error });
  }
  if (typeof value !== 'object' || value === null) throw new InvalidError('message is not an object');
  return value as Record<string, unknown>;
}
