import { createECDH, createHash, createPrivateKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Database } from '@nostrata/database';
import { Kind, type Tag, type VerifiedEvent } from '@nostrata/protocol';
import { createFakeClock, createKeys, signEvent } from '@nostrata/testing';
import { createAuditLog } from '../audit/append.ts';
import type { Entitlements } from '../contract.ts';
import { createSecrets } from '../secrets.ts';
import { strictly } from '../test-engines.ts';
import { createTestHttp, type TestReply, type TestRequest } from '../test-http.ts';
import { createSignInRoutes } from './routes.ts';
import { createSignIn, type SignInParts } from './sign-in.ts';

/** Where the tests sign in. */
export const origin = 'https://example.com';

/** What everybody of these tests may do. */
export const free: Entitlements = {
  plan: 'free',
  names: 1,
  domains: 0,
  apiKeys: 1,
  hooks: 0,
  scopes: ['account:read'],
  rate: { name: 'free', requestsMax: 100, windowMs: 900_000 },
};

/** Sign-in with everything around it but a server. */
export function startSignIn(database: Database, changes: Partial<SignInParts> = {}) {
  const clock = createFakeClock();
  const parts: SignInParts = {
    database: strictly(database),
    clock,
    random: (count) => randomBytes(count),
    audit: createAuditLog(database, clock),
    secrets: createSecrets(new Uint8Array(32).fill(7)),
    settings: { origin, admins: [] },
    entitlements: { entitlementsOf: async () => free },
    authenticateKey: async () => {
      throw new Error('no test of this uses keys');
    },
    ...changes,
  };
  const signIn = createSignIn(parts);
  const http = createTestHttp(createSignInRoutes(signIn), signIn.authenticate);
  const send = (target: string, request: Omit<TestRequest, 'target'> = {}): Promise<TestReply> =>
    http({ ...request, target: `/api/v1/auth/${target}` });
  return { signIn, clock, send, http, parts };
}

/** What `startSignIn` gives. */
export type TestSignIn = ReturnType<typeof startSignIn>;

/** The parts of `SignedIn` that tests look at. */
export interface SignedInAnswer {
  readonly token: string;
  readonly expiresAt: string;
  readonly csrfToken: string | null;
  readonly user: MeAnswer;
}

/** The parts of `Me` that tests look at. */
export interface MeAnswer {
  readonly id: string;
  readonly pubkey: string | null;
  readonly npub: string | null;
  readonly role: string;
  readonly linkingKeys: readonly { readonly key: string }[];
  readonly session: { readonly id: string; readonly method: string } | null;
  readonly csrfToken: string | null;
}

/** An event for a challenge, with what a test wants to be wrong. */
export function signChallenge(
  challenge: string,
  {
    seed = 'alice',
    seconds = 1_700_000_000,
    tags = [],
    kind = Kind.authentication as number,
    relay = 'wss://example.com/',
  }: {
    readonly seed?: string;
    readonly seconds?: number;
    readonly tags?: readonly Tag[];
    readonly kind?: number;
    readonly relay?: string | null;
  } = {},
): VerifiedEvent {
  const { pubkey, secret } = createKeys(seed);
  const all: Tag[] = [['challenge', challenge], ...(relay === null ? [] : [['relay', relay]]), ...tags];
  return signEvent({ kind, pubkey, created_at: seconds, tags: all, content: '' }, secret);
}

/** Asks for a challenge and signs it. */
export async function askAndSign(
  { send, clock }: TestSignIn,
  options: Parameters<typeof signChallenge>[1] = {},
): Promise<VerifiedEvent> {
  const { challenge } = (await send('challenge', { body: {} })).json<{ challenge: string }>();
  return signChallenge(challenge, { seconds: clock.seconds(), ...options });
}

/** Signs somebody in by a challenge. */
export async function signInAs(test: TestSignIn, seed: string): Promise<SignedInAnswer> {
  const reply = await test.send('verify', { body: { event: await askAndSign(test, { seed }) } });
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.json();
}

/** A header that carries a token. */
export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** A Lightning wallet whose keys and signatures are OpenSSL's. */
export interface TestWallet {
  /** Compressed, in hex. */
  readonly key: string;
  /** A DER signature over the SHA-256 of bytes. */
  sign(preimage: Uint8Array): string;
}

/** The wallet that belongs to a text. */
export function createWallet(seed: string): TestWallet {
  const secret = createHash('sha256').update(`wallet ${seed}`).digest();
  const ecdh = createECDH('secp256k1');
  ecdh.setPrivateKey(secret);
  const point = ecdh.getPublicKey();
  const part = (from: number) => point.subarray(from, from + 32).toString('base64url');
  const jwk = { kty: 'EC', crv: 'secp256k1', d: secret.toString('base64url'), x: part(1), y: part(33) };
  const privateKey: KeyObject = createPrivateKey({ key: jwk, format: 'jwk' });
  return {
    key: ecdh.getPublicKey('hex', 'compressed'),
    sign: (preimage) => sign('sha256', preimage, privateKey).toString('hex'),
  };
}

/**
 * Random bytes that remember what they are the SHA-256 of: OpenSSL signs hashes of what it is given, and wallets sign k1
 * itself.
 */
export function createHashedRandom() {
  const preimages = new Map<string, Uint8Array>();
  return {
    random(count: number): Uint8Array {
      const preimage = randomBytes(32);
      const bytes = createHash('sha256').update(preimage).digest();
      if (count !== bytes.byteLength) return randomBytes(count);
      preimages.set(bytes.toString('hex'), preimage);
      return bytes;
    },
    preimageOf: (k1: string): Uint8Array => preimages.get(k1) ?? new Uint8Array(0),
  };
}

/** What a page gets that asks for a code. */
export interface LnurlAnswer {
  readonly lnurl: string;
  readonly qr: string;
  readonly url: string;
  readonly k1: string;
  readonly pollSecret: string;
}

/** Sign-in whose codes `createWallet` can sign. */
export function startWithWallets(database: Database, changes: Partial<SignInParts> = {}) {
  const hashed = createHashedRandom();
  const test = startSignIn(database, { random: hashed.random, ...changes });
  const ask = async (action?: string, headers: Record<string, string> = {}): Promise<LnurlAnswer> =>
    (await test.send('lnurl', { body: action === undefined ? {} : { action }, headers })).json();
  /** What a wallet answers to a code, with what a test wants to be wrong. */
  const answer = async (
    code: LnurlAnswer,
    wallet: TestWallet,
    wrong: Record<string, string> = {},
  ): Promise<TestReply> => {
    const url = new URL(code.url);
    url.searchParams.set('sig', wallet.sign(hashed.preimageOf(code.k1)));
    url.searchParams.set('key', wallet.key);
    for (const [name, value] of Object.entries(wrong)) url.searchParams.set(name, value);
    return await test.http({ target: url.pathname + url.search });
  };
  const poll = async (code: LnurlAnswer) => await test.send('lnurl-poll', { body: { pollSecret: code.pollSecret } });
  const signIn = async (wallet: TestWallet): Promise<SignedInAnswer> => {
    const code = await ask();
    await answer(code, wallet);
    return (await poll(code)).json();
  };
  return { ...test, ask, answer, poll, signInWith: signIn };
}
