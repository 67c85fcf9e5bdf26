import {
  decryptNip44,
  encryptNip44,
  formatBunkerUrl,
  formatRemoteResponse,
  getConversationKey,
  getPublicKey,
  type NostrEvent,
  parseRemoteRequest,
  type RemoteRequest,
  signEvent,
  type UnsignedEvent,
} from '@nostrata/protocol';
import { connectClient, type TestClient } from '@nostrata/testing';

/** A remote signer (NIP-46) somewhere else, reached over a relay. */
export interface TestBunker extends AsyncDisposable {
  /** `bunker://…`, as it would show it. */
  readonly address: string;
  /** Methods that it was asked for, in order. */
  readonly asked: readonly string[];
}

/** Starts a signer that has the key of a user and says yes to everything. */
export async function startBunker(relay: string, userSecret: Uint8Array): Promise<TestBunker> {
  const secret = new Uint8Array(32).fill(46);
  const pubkey = getPublicKey(secret);
  const asked: string[] = [];
  const client = await connectClient(relay);
  await client.request('bunker', [{ kinds: [24_133], '#p': [pubkey] }], { keepOpen: true });
  const say = (to: string, id: string, result: string): void => {
    const content = encryptNip44(formatRemoteResponse({ type: 'result', id, result }), getConversationKey(secret, to));
    const created_at = Math.floor(Date.now() / 1_000);
    client.send('EVENT', signEvent({ kind: 24_133, created_at, tags: [['p', to]], content }, secret));
  };
  const take = (event: NostrEvent): void => {
    const request = parseRemoteRequest(decryptNip44(event.content, getConversationKey(secret, event.pubkey)));
    asked.push(request.method);
    say(event.pubkey, request.id, answer(request, userSecret));
  };
  void listen(client, take);
  return {
    address: formatBunkerUrl({ remoteSigner: pubkey, relays: [relay], secret: 'once' }),
    asked,
    [Symbol.asyncDispose]: () => client.close(),
  };
}

function answer({ method, params }: RemoteRequest, userSecret: Uint8Array): string {
  if (method === 'get_public_key') return getPublicKey(userSecret);
  if (method !== 'sign_event') return method === 'switch_relays' ? 'null' : 'ack';
  const template = JSON.parse(params[0] ?? '') as Omit<UnsignedEvent, 'pubkey'>;
  return JSON.stringify(signEvent(template, userSecret));
}

async function listen(client: TestClient, take: (event: NostrEvent) => void): Promise<void> {
  while (client.isOpen) {
    const frame = await Promise.race([client.waitFor(([verb]) => verb === 'EVENT').catch(() => null), client.closed]);
    if (Array.isArray(frame)) take(frame[2] as NostrEvent);
  }
}
