import { type Authenticate, type Caller, type HttpRequest, type HttpRoute, Problem } from '@nostrata/http';

/** What a test sends. */
export interface TestRequest {
  /** Path and query. */
  readonly target: string;
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON, unless it is text or bytes already. */
  readonly body?: unknown;
  /** Who makes it; found out by `authenticate` unless given. */
  readonly caller?: Caller | undefined;
  readonly address?: string | undefined;
  readonly host?: string | undefined;
}

/** What came back. */
export interface TestReply {
  readonly status: number;
  readonly headers: Headers;
  /** Lines of `Set-Cookie`. */
  readonly cookies: readonly string[];
  readonly text: string;
  /** The JSON body, taken for whatever the test says it is; undefined where the body is none. */
  json<Answer = Record<string, unknown>>(): Answer;
}

/** Serves routes as an HTTP server would, without one: path, access and problems as the contract of `http` says. */
export function createTestHttp(routes: readonly HttpRoute[], authenticate?: Authenticate) {
  return async (asked: TestRequest): Promise<TestReply> => {
    let response: Response;
    try {
      response = await serve(routes, authenticate, asked);
    } catch (error) {
      response = toResponse(error);
    }
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    const cookies = response.headers.getSetCookie();
    const json = <Answer>(): Answer => (isJson ? JSON.parse(text) : undefined) as Answer;
    return { status: response.status, headers: response.headers, cookies, text, json };
  };
}

async function serve(
  routes: readonly HttpRoute[],
  authenticate: Authenticate | undefined,
  asked: TestRequest,
): Promise<Response> {
  const method = asked.method ?? (asked.body === undefined ? 'GET' : 'POST');
  const url = new URL(asked.target, 'https://placeholder.example');
  for (const route of routes) {
    const path = matchPath(route.path, url.pathname);
    if (route.method !== method || path === undefined) continue;
    const bare = toRequest(asked, { method, path, query: url.searchParams, bytesMax: route.bodyBytesMax });
    const caller = asked.caller ?? (await authenticate?.(bare));
    checkAccess(route, caller);
    return await route.serve({ ...bare, caller });
  }
  throw new Problem(404, 'not-found', `there is no route ${method} ${url.pathname}`);
}

function toRequest(
  asked: TestRequest,
  known: Pick<HttpRequest, 'method' | 'path' | 'query'> & { readonly bytesMax: number },
): HttpRequest {
  const bytes = toBytes(asked.body);
  const isJson = asked.body !== undefined && typeof asked.body !== 'string' && !(asked.body instanceof Uint8Array);
  const headers = new Map(isJson ? [['content-type', 'application/json']] : []);
  for (const [name, value] of Object.entries(asked.headers ?? {})) headers.set(name.toLowerCase(), value);
  return {
    method: known.method,
    path: known.path,
    query: known.query,
    target: asked.target,
    address: asked.address ?? '203.0.113.7',
    isSecure: true,
    isHead: false,
    host: asked.host ?? 'example.com',
    headers: { 'X-Request-Id': 'test' },
    caller: undefined,
    header: (name) => headers.get(name.toLowerCase()),
    async readBody() {
      if (bytes.byteLength > known.bytesMax) throw new Problem(413, 'too-large', 'the body is too large');
      return bytes;
    },
  };
}

function toBytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  if (body === undefined) return new Uint8Array(0);
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Ranks of roles, the weakest first. */
const roles = ['user', 'support', 'admin'] as const;

function checkAccess({ access }: HttpRoute, caller: Caller | undefined): void {
  if (caller === undefined) {
    if (access.kind !== 'anyone') throw new Problem(401, 'sign-in', 'sign in first');
    return;
  }
  if (caller.scopes !== undefined) {
    if (access.scope === undefined && access.kind !== 'anyone') {
      throw new Problem(403, 'no-key', 'this route takes no API key');
    }
    if (access.scope !== undefined && !caller.scopes.has(access.scope)) {
      throw new Problem(403, 'no-scope', `the API key lacks the scope ${access.scope}`);
    }
  }
  if (access.kind === 'role' && roles.indexOf(caller.role) < roles.indexOf(access.role)) {
    throw new Problem(403, 'no-role', `this takes the role ${access.role}`);
  }
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (!part.startsWith(':')) {
      if (part !== value) return undefined;
      continue;
    }
    values[part.slice(1)] = decodeURIComponent(value);
  }
  return values;
}

/** A problem as the server would write it. What is none is told as 500 with its stack, so that a test shows it. */
function toResponse(error: unknown): Response {
  if (error instanceof Problem) {
    const { status, code, message, headers } = error;
    return Response.json({ error: code, message }, { status, headers });
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return Response.json({ error: 'internal', message }, { status: 500 });
}
