import assert from 'node:assert/strict';
import { createECDH, createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getPublicKey, type NostrEvent, signEvent } from '@nostrata/protocol';

/** What is sent to a server. */
export interface Sent {
  /** POST where there is a body, else GET. */
  readonly method?: string | undefined;
  /** Sent as JSON; a text as it is. */
  readonly body?: unknown;
  /** A session token or an API key. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What came back: JSON where it was JSON, else the text. */
export interface Came<Answer> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Answer;
}

/** Somebody who sends requests to one server, and remembers every secret that came back. */
export interface Visitor {
  /** `http://127.0.0.1:…` */
  readonly url: string;
  /** Tokens, keys, codes and invoices out of all answers. */
  readonly secrets: ReadonlySet<string>;
  send<Answer = Record<string, unknown>>(target: string, sent?: Sent): Promise<Came<Answer>>;
  /** The same, where anything but this status (200) is a failure. */
  ask<Answer = Record<string, unknown>>(target: string, sent?: Sent & { readonly status?: number }): Promise<Answer>;
  /** Signs in with a challenge (kind 22242); the token of the session. */
  signIn(person: Person): Promise<string>;
}

/** Creates them. */
export function createVisitor(url: string): Visitor {
  const secrets = new Set<string>();
  const visitor: Visitor = {
    ...{ url, secrets },
    async send(target, sent) {
      const came = await sendOnce(url, target, sent);
      collectSecrets(came.body, secrets);
      return came as Came<never>;
    },
    async ask(target, { status = 200, ...sent } = {}) {
      const came = await visitor.send<never>(target, sent);
      assert.equal(came.status, status, `${target}: ${came.status} ${JSON.stringify(came.body)}`);
      return came.body;
    },
    async signIn({ sign }) {
      const asked = await visitor.ask<Record<'challenge' | 'relay' | 'domain', string>>('/api/v1/auth/challenge', {
        body: {},
      });
      const tags = (['challenge', 'relay', 'domain'] as const).map((name) => [name, asked[name]]);
      const event = sign({ kind: 22_242, tags, content: '' });
      const { token } = await visitor.ask<SignedIn>('/api/v1/auth/verify', { body: { event } });
      return token ?? assert.fail('no token');
    },
  };
  return visitor;
}

/** By `node:http`, as `fetch` sends no `Host` of one's own. */
async function sendOnce(url: string, target: string, sent: Sent = {}): Promise<Came<unknown>> {
  const { body, token, method = body === undefined ? 'GET' : 'POST', headers = {} } = sent;
  const outgoing = request(`${url}${target}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
  });
  outgoing.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  let text = '';
  for await (const part of incoming.setEncoding('utf8')) text += part;
  const came = new Headers(
    Object.entries(incoming.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one): [string, string] => [name, one]),
    ),
  );
  const isJson = came.get('content-type')?.startsWith('application/json') === true;
  return { status: incoming.statusCode ?? 0, headers: came, body: isJson ? JSON.parse(text) : text };
}

const secretFields = /^(token|csrfToken|key|pollSecret|k1|lnurl|challenge|secret|bolt11|txtValue)$/;

function collectSecrets(value: unknown, into: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'string' && inner.length >= 20 && secretFields.test(name)) into.add(inner);
    collectSecrets(inner, into);
  }
}

/** Somebody with a key of Nostr. */
export interface Person {
  readonly secret: Uint8Array;
  readonly pubkey: string;
  sign(template: Pick<NostrEvent, 'kind' | 'tags' | 'content'>): NostrEvent;
  /** The header of a request that is signed by itself (NIP-98). */
  authorize(url: string, request?: { readonly method?: string; readonly body?: string }): string;
}

/** The same person for the same number, 1 to 254. */
export function createPerson(number: number): Person {
  const secret = new Uint8Array(32).fill(number);
  const sign: Person['sign'] = (template) =>
    signEvent({ ...template, created_at: Math.floor(Date.now() / 1_000) }, secret);
  return {
    ...{ secret, sign, pubkey: getPublicKey(secret) },
    authorize(url, { method = 'GET', body } = {}) {
      const hash = body === undefined ? [] : [['payload', createHash('sha256').update(body).digest('hex')]];
      // Two requests within a second are two events.
      const tags = [['u', url], ['method', method], ...hash, ['nonce', randomBytes(8).toString('hex')]];
      return `Nostr ${Buffer.from(JSON.stringify(sign({ kind: 27_235, tags, content: '' }))).toString('base64')}`;
    },
  };
}

/** What signing in answers with. */
export interface SignedIn {
  readonly token: string | null;
  readonly csrfToken: string | null;
  readonly user: { readonly id: string; readonly pubkey: string | null; readonly role: string; readonly plan: string };
}

/** A Lightning wallet that signs in (LUD-04). */
export interface SigningWallet {
  /** Compressed, in hex. */
  readonly key: string;
  /** An ECDSA signature over these 32 bytes in DER and hex. */
  sign(digest: Uint8Array): string;
}

/** Makes one of what Node.js has: it multiplies points, and the rest is arithmetic. */
export function createSigningWallet(): SigningWallet {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const curve = createECDH('secp256k1');
  curve.generateKeys();
  const secret = BigInt(`0x${curve.getPrivateKey('hex')}`);
  return {
    key: curve.getPublicKey('hex', 'compressed'),
    sign(digest) {
      const fresh = createECDH('secp256k1');
      fresh.generateKeys();
      const nonce = BigInt(`0x${fresh.getPrivateKey('hex')}`);
      const r = BigInt(`0x${fresh.getPublicKey('hex', 'compressed').slice(2)}`) % order;
      const z = BigInt(`0x${Buffer.from(digest).toString('hex')}`);
      const s = (power(nonce, order - 2n, order) * ((z + r * secret) % order)) % order;
      const both = toDerInteger(r) + toDerInteger(s > order / 2n ? order - s : s);
      return `30${(both.length / 2).toString(16).padStart(2, '0')}${both}`;
    },
  };
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let [square, bits] = [base % modulus, exponent]; bits > 0n; bits >>= 1n) {
    if (bits & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

function toDerInteger(value: bigint): string {
  const digits = value.toString(16);
  const whole = digits.length % 2 === 0 ? digits : `0${digits}`;
  const positive = /^[89a-f]/.test(whole) ? `00${whole}` : whole;
  return `02${(positive.length / 2).toString(16).padStart(2, '0')}${positive}`;
}

/** A reverse proxy on loopback: its address is known before the servers behind it are there. */
export interface Front extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** From now on requests go to this port; to none, there is 502. */
  lead(port: number | undefined): void;
}

/** Starts it. Like those of operators it passes `Host` on, and says where requests came from and by which protocol. */
export async function startFront({ protocol = 'http' } = {}): Promise<Front> {
  let target: number | undefined;
  const server = createServer((incoming, outgoing) => {
    const fail = (): void => void outgoing.writeHead(502).end();
    if (target === undefined) return fail();
    const from = { 'x-forwarded-for': incoming.socket.remoteAddress ?? '', 'x-forwarded-proto': protocol };
    const headers = { ...incoming.headers, ...from };
    const { method, url } = incoming;
    const through = request({ host: '127.0.0.1', port: target, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    through.on('error', fail);
    incoming.pipe(through);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ port, url: `http://127.0.0.1:${port}` },
    lead(to) {
      target = to;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
