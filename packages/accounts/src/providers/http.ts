import type { ZodType } from 'zod';
import type { Clock } from '../contract.ts';
import { ProviderError } from '../payments/provider.ts';
import { limits } from './limits.ts';

/** What talking to a provider needs. */
export interface HttpParts {
  /** As it is named in errors. */
  readonly name: string;
  readonly clock: Clock;
  /** Where its API begins, without a slash at the end. */
  readonly baseUrl: string;
  /** Sent with every call: who we are. */
  readonly headers: Readonly<Record<string, string>>;
  /** What must never be seen in an error. */
  readonly secrets: readonly string[];
  /** Finds the word for what went wrong in an answer with an error; parsed JSON of any shape, or undefined. */
  readonly findCause: (body: unknown) => string | undefined;
  /** Says of an answer of 500 or above that it is final all the same; none is unless told. */
  readonly isFinal?: ((status: number, body: unknown) => boolean) | undefined;
}

/** One call. */
export interface HttpCall {
  /** Behind the base URL, with its query. */
  readonly path: string;
  /** JSON, or a form; none for GET. */
  readonly body?: { readonly json: unknown } | { readonly form: URLSearchParams } | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What came back: parsed JSON of a 2xx answer, or a status below 500 with what was said. */
export interface HttpAnswer {
  readonly status: number;
  readonly isOk: boolean;
  readonly body: unknown;
  /** The provider's word for it, where it is not well. */
  readonly cause: string | undefined;
}

/** Calls a provider. Every answer is bounded in time and bytes; redirects are not followed. */
export interface ProviderHttp {
  /** Answers of 2xx and 404; everything else is an error. @throws ProviderError */
  call(call: HttpCall): Promise<HttpAnswer>;
  /** The body of a 2xx answer, in the shape that is expected. @throws ProviderError */
  read<T>(call: HttpCall, shape: ZodType<T>): Promise<T>;
}

/** Creates it. The operator chose the address: private ones are fine. */
export function createProviderHttp(parts: HttpParts): ProviderHttp {
  const call = async (asked: HttpCall): Promise<HttpAnswer> => {
    const { status, text } = await exchange(parts, asked);
    const body = parseJson(text);
    const isOk = status >= 200 && status < 300;
    if (isOk && body === undefined) throw malformed(parts);
    const cause = isOk ? undefined : sayCause(parts, body);
    if (!isOk && (status !== 404 || body === undefined)) throw refusal(parts, { status, body, cause });
    return { status, isOk, body, cause };
  };
  return {
    call,
    async read(asked, shape) {
      const answer = await call(asked);
      if (!answer.isOk) throw refusal(parts, answer);
      return readShape(parts.name, answer.body, shape);
    },
  };
}

/**
 * Reads something a provider said in the shape that is expected.
 * @throws ProviderError
 */
export function readShape<T>(name: string, body: unknown, shape: ZodType<T>): T {
  const { success, data, error } = shape.safeParse(body);
  if (success) return data;
  const where = error.issues[0]?.path.map(String).join('.').slice(0, 60) ?? '';
  throw new ProviderError('malformed', `${name} answered in a shape that is not its own${where && `, at ${where}`}`);
}

/** Parsed JSON, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not JSON is an answer like any other; the caller says what it means.
    return undefined;
  }
}

async function exchange(parts: HttpParts, asked: HttpCall): Promise<{ status: number; text: string }> {
  const { name, clock, baseUrl } = parts;
  const deadline = new AbortController();
  const cancel = clock.after(limits.callMs, () => deadline.abort());
  try {
    const response = await fetch(`${baseUrl}${asked.path}`, {
      method: asked.body === undefined ? 'GET' : 'POST',
      headers: { accept: 'application/json', ...typeOf(asked.body), ...parts.headers, ...asked.headers },
      body: bodyOf(asked.body),
      redirect: 'manual',
      signal: deadline.signal,
    });
    return { status: response.status, text: await readText(name, response) };
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    if (deadline.signal.aborted) throw new ProviderError('away', `${name} did not answer within ${limits.callMs} ms`);
    throw new ProviderError('away', `${name} cannot be reached (${codeOf(error)})`);
  } finally {
    cancel();
    // Takes back a body that is still under way; after the end it does nothing.
    deadline.abort();
  }
}

function typeOf(body: HttpCall['body']): Record<string, string> {
  if (body === undefined) return {};
  return { 'content-type': 'json' in body ? 'application/json' : 'application/x-www-form-urlencoded' };
}

function bodyOf(body: HttpCall['body']): string | null {
  if (body === undefined) return null;
  return 'json' in body ? JSON.stringify(body.json) : body.form.toString();
}

async function readText(name: string, response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limits.replyBytesMax) throw new ProviderError('malformed', `${name} answered more than anybody reads`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return /^[A-Z0-9_]{1,40}$/.test(code) ? code : 'the connection broke';
}

function refusal({ name, isFinal }: HttpParts, { status, body, cause }: Omit<HttpAnswer, 'isOk'>): ProviderError {
  const said = cause === undefined ? '' : ` (${cause})`;
  // 409: the same request is under way already.
  const isPassing = status === 408 || status === 409 || status === 429 || status >= 500;
  if (isPassing && !isFinal?.(status, body)) {
    return new ProviderError('away', `${name} is not able to answer now: status ${status}${said}`);
  }
  if (status >= 300 && status < 400) {
    return new ProviderError('malformed', `${name} answered with a redirect, and none is followed: status ${status}`);
  }
  return new ProviderError('refused', `${name} refused: status ${status}${said}`);
}

function malformed({ name }: HttpParts): ProviderError {
  return new ProviderError('malformed', `${name} answered something that is no JSON`);
}

/** The provider's own words, short, printable and without what is secret. */
function sayCause({ findCause, secrets }: HttpParts, body: unknown): string | undefined {
  const cause = findCause(body);
  if (typeof cause !== 'string') return undefined;
  const safe = secrets.filter((secret) => secret !== '').reduce((text, secret) => text.replaceAll(secret, '…'), cause);
  const plain = safe.replaceAll(/[^\x20-\x7e…]+/g, ' ').trim();
  return plain === '' ? undefined : plain.slice(0, limits.causeCharactersMax);
}
