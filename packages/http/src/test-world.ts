import { type Cache, createMemoryCache } from '@nostrata/cache';
import { createFakeClock } from '@nostrata/testing';
import { z } from 'zod';
import { defineAction, Reply } from './action.ts';
import { createHttpApi, type HttpApi, type HttpApiOptions } from './api.ts';
import type { Access, Authenticate, Caller, Clock, HttpRoute } from './contract.ts';
import { Problem } from './problem.ts';
import { defaultHttpSettings, type HttpSettings } from './settings.ts';

/** A clock with timers that run when it is moved. */
export function createTimers(): Clock & { advance(milliseconds: number): void } {
  const fake = createFakeClock(Date.parse('2026-11-21T12:00:00Z'));
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  return {
    now: fake.now,
    after(milliseconds, callback) {
      const timer = { atMs: fake.now() + milliseconds, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(milliseconds) {
      fake.advance(milliseconds);
      for (const timer of [...timers].sort((a, b) => a.atMs - b.atMs)) {
        if (timer.atMs <= fake.now() && timers.delete(timer)) timer.callback();
      }
    },
  };
}

const plain = { group: 'Shelf', description: 'A route of a test.', summary: 'A route' };
const done = z.object({ who: z.string().nullable(), title: z.string().optional() });

function whoRoute(path: string, access: Access): HttpRoute {
  const operation = path.replaceAll(/\W/g, '_');
  return defineAction({
    ...plain,
    method: 'GET',
    path,
    operation,
    access,
    answer: done,
    handle: async ({ caller }) => ({ who: caller?.userId ?? null }),
  });
}

/** Routes of one room: who may read what. */
export const whoRoutes: readonly HttpRoute[] = [
  whoRoute('/api/v1/anyone', { kind: 'anyone' }),
  whoRoute('/api/v1/scoped', { kind: 'anyone', scope: 'shelf:read' }),
  whoRoute('/api/v1/user', { kind: 'user' }),
  whoRoute('/api/v1/user-scoped', { kind: 'user', scope: 'shelf:read' }),
  whoRoute('/api/v1/support', { kind: 'role', role: 'support', scope: 'admin:read' }),
  whoRoute('/api/v1/admin', { kind: 'role', role: 'admin' }),
  whoRoute('/.well-known/nostr.json', { kind: 'anyone' }),
];

const figures: HttpRoute = {
  method: 'GET',
  path: '/api/v1/figures',
  access: { kind: 'anyone' },
  isCounted: true,
  bodyBytesMax: 0,
  operation: undefined,
  serve: ({ headers }) => new Response('7', { headers: { ...headers, 'Cache-Control': 'public, max-age=60' } }),
};

/** Routes of another room: what can be done. */
export const shelfRoutes: readonly HttpRoute[] = [
  figures,
  defineAction({
    ...plain,
    method: 'POST',
    path: '/api/v1/books',
    operation: 'addBook',
    access: { kind: 'anyone' },
    parameters: z.object({ shelf: z.string().optional() }),
    body: z.strictObject({ title: z.string().min(1).max(100) }),
    bodyBytesMax: 200,
    answer: done,
    problems: { 409: 'taken' },
    async handle({ body, caller }) {
      if (body.title === 'taken') throw new Problem(409, 'taken', 'there is one');
      if (body.title === 'broken') throw new Error('secret of the inside');
      const answer = { who: caller?.userId ?? null, title: body.title };
      return new Reply({ status: 201, answer, cookies: ['a=1; Path=/', 'b=2; Path=/'] });
    },
  }),
  defineAction({
    ...plain,
    method: 'DELETE',
    path: '/api/v1/books/:id',
    operation: 'removeBook',
    access: { kind: 'user' },
    parameters: z.object({ id: z.string().max(20) }),
    answer: z.undefined(),
    handle: async () => undefined,
  }),
  defineAction({
    ...plain,
    method: 'GET',
    path: '/api/v1/books/:title',
    operation: 'getBook',
    access: { kind: 'anyone' },
    parameters: z.object({ title: z.string().max(20) }),
    answer: done,
    handle: async ({ parameters }) => ({ who: null, title: parameters.title }),
  }),
  {
    method: 'POST',
    path: '/api/v1/raw',
    access: { kind: 'anyone' },
    isCounted: false,
    bodyBytesMax: 100_000,
    operation: undefined,
    async serve({ readBody, headers }) {
      const [first, second] = await Promise.all([readBody(), readBody()]);
      if (first !== second) throw new Error('it was read twice');
      return new Response(Uint8Array.from(first), {
        headers: { ...headers, 'Content-Type': 'application/octet-stream' },
      });
    },
  },
];

/** Knows `Bearer <word>` and the cookie `session=<word>` of the callers below, and nobody else. */
export const authenticate: Authenticate = async ({ header }) => {
  const word = header('authorization')?.replace(/^(?:Bearer|nostr) /, '') ?? header('cookie')?.replace('session=', '');
  if (word === undefined) return undefined;
  if (/^free\d+$/.test(word)) return { ...person, userId: word, rate: { ...person.rate, isFree: true } };
  const caller = Object.hasOwn(callers, word) ? callers[word] : undefined;
  if (caller === undefined) throw new Problem(401, 'bad-credentials', 'nobody has these');
  return caller;
};

const person: Caller = {
  userId: 'u1',
  pubkey: undefined,
  role: 'user',
  by: 'session',
  credential: 's1',
  scopes: undefined,
  rate: { name: 'free', requestsMax: 5, windowMs: 60_000 },
};
const keyOf = (id: string, ...scopes: readonly string[]): Caller => {
  return { ...person, by: 'api-key', credential: id, scopes: new Set(scopes) };
};

/** Who is known. */
const callers: Readonly<Record<string, Caller>> = {
  user: person,
  support: { ...person, userId: 'u2', role: 'support' },
  admin: { ...person, userId: 'u3', role: 'admin', rate: { ...person.rate, requestsMax: 0 } },
  nip98: { ...person, by: 'nip98', credential: 'e1' },
  key: keyOf('k1', 'shelf:read'),
  other: keyOf('k2', 'shelf:read'),
  bare: keyOf('k3'),
  adminKey: { ...keyOf('k4', 'admin:read'), userId: 'u3', role: 'admin' },
  strange: { ...person, role: 'emperor' as Caller['role'] },
};

/** What a request may carry. */
interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream<Uint8Array>;
  readonly ip?: string;
  readonly isSecure?: boolean;
}

/** Creates the API over both rooms. */
export function createWorld(
  { explain, ...settings }: Partial<HttpSettings> & Pick<HttpApiOptions, 'explain'> = {},
  cache?: Pick<Cache, 'increment'>,
) {
  const clock = createTimers();
  const [requests, answered, failed, logged]: string[][] = [[], [], [], []];
  const looked: string[] = [];
  const api: HttpApi = createHttpApi({
    routes: [...whoRoutes, ...shelfRoutes],
    authenticate(request) {
      looked.push(request.target);
      return authenticate(request);
    },
    explain,
    cache: cache ?? createMemoryCache({ clock }),
    clock,
    logger: { error: (fields, message) => logged?.push(`${message} ${JSON.stringify(fields)}`) },
    metrics: {
      request: (route, status) => requests?.push(`${route} ${status}`),
      failed: (where) => failed?.push(where),
    },
    settings: { ...defaultHttpSettings, ...settings },
    onAnswered(caller, route, status) {
      answered?.push(`${caller?.credential ?? '-'} ${route} ${status}`);
      if (caller?.credential === 'k2') throw new Error('it cannot be counted');
    },
  });
  const ask = (path: string, { ip = '192.0.2.1', isSecure = false, ...init }: Ask = {}) =>
    api.fetch(new Request(`http://api.example.com${path}`, { ...init, duplex: 'half' } as RequestInit), {
      origin: { ip, isSecure, host: 'API.example.com' },
    });
  const as = (word: string) => ({ headers: { authorization: `Bearer ${word}` } });
  return {
    api,
    ask,
    as,
    clock,
    requests: requests ?? [],
    answered: answered ?? [],
    failed: failed ?? [],
    logged: logged ?? [],
    looked,
  };
}

/** The word of an error. */
export async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { error: string }).error;
}
