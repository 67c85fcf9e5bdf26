import { type Outgoing, OutgoingError, type OutgoingReply } from '@nostrata/http';
import { classifyRelayUrl, isHex64, normalizeRelayUrl } from '@nostrata/protocol';
import type { NameAddress } from './grammar.ts';
import { foreignRelaysMax, lookUpBounds } from './limits.ts';

/** What somebody's host says of a name, or why it says nothing. */
export type LookedUp =
  | { readonly state: 'found'; readonly pubkey: string; readonly relays: readonly string[] }
  | { readonly state: 'not-found' | 'redirect' | 'invalid' | 'too-large' | 'refused' | 'unreachable' };

/** The URL of a name on its host (NIP-05). */
function nostrJsonUrl({ local, host }: NameAddress): string {
  return `https://${host}/.well-known/nostr.json?name=${encodeURIComponent(local)}`;
}

/** Asks the host of an address, in the bounds of every such look-up. */
export async function askHost(
  outgoing: Outgoing,
  address: NameAddress,
  headers: Readonly<Record<string, string>> = {},
): Promise<OutgoingReply> {
  return await outgoing(nostrJsonUrl(address), {
    headers: { Accept: 'application/json', ...headers },
    ...lookUpBounds,
  });
}

/** Looks an address of anybody up. Whatever the host does is a state; what fails here is thrown. */
export async function lookUp(outgoing: Outgoing, address: NameAddress): Promise<LookedUp> {
  let reply: OutgoingReply;
  try {
    reply = await askHost(outgoing, address);
  } catch (error) {
    if (error instanceof OutgoingError) return { state: stateOfFault(error) };
    throw error;
  }
  const { status, body } = reply;
  if (status >= 300 && status < 400) return { state: 'redirect' };
  if (status === 404) return { state: 'not-found' };
  if (status !== 200) return { state: 'unreachable' };
  if (body.byteLength > lookUpBounds.bytesMax) return { state: 'too-large' };
  return readName(parseJson(body), address.local);
}

/** The JSON of a body; undefined where it holds none. */
export function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The property of an object that it has itself: `__proto__` and `constructor` are names like others. */
export function ownProperty(value: unknown, name: string): unknown {
  if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
  return value[name];
}

/** Says whether the value is an object of JSON. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readName(json: unknown, local: string): LookedUp {
  const names = ownProperty(json, 'names');
  if (!isRecord(names)) return { state: 'invalid' };
  if (!Object.hasOwn(names, local)) return { state: 'not-found' };
  const value = names[local];
  const pubkey = typeof value === 'string' ? value.toLowerCase() : undefined;
  if (!isHex64(pubkey)) return { state: 'invalid' };
  return { state: 'found', pubkey, relays: readRelays(ownProperty(ownProperty(json, 'relays'), pubkey)) };
}

function readRelays(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const relays = new Set<string>();
  for (const url of value.slice(0, foreignRelaysMax)) {
    const relay = typeof url === 'string' ? normalizeRelayUrl(url) : null;
    if (relay !== null && !classifyRelayUrl(relay).isLocal) relays.add(relay);
  }
  return [...relays];
}

function stateOfFault({ fault }: OutgoingError): 'refused' | 'redirect' | 'too-large' | 'unreachable' {
  return fault === 'refused' || fault === 'redirect' || fault === 'too-large' ? fault : 'unreachable';
}
