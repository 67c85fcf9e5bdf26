/** A request that was refused or did not arrive. The message is for people, the code for this program. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** 0 where the server was not reached. */
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** How a request is made. */
export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly csrfToken?: string | null | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

const timeoutMs = 20_000;

/** Asks the API of accounts; the session is in a cookie, and what changes something carries the token against forgery. */
export async function callApi<Answer>(
  fetch: (path: string, init?: RequestInit) => Promise<Response>,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const { method = 'GET', body, csrfToken, headers = {}, signal } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(csrfToken && method !== 'GET' ? { 'x-csrf-token': csrfToken } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new CallError(0, 'offline', 'The server cannot be reached. Check the connection and try again.');
  }
  if (response.status === 204) return undefined as Answer;
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer as Answer;
  const { error, message } = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<string, unknown>;
  throw new CallError(
    response.status,
    typeof error === 'string' ? error : String(response.status),
    typeof message === 'string' ? toSentence(message) : `The server answered with status ${response.status}.`,
  );
}

/** Messages of the API are sentences without their dress. */
function toSentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The sentence of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error && error.message !== '') return toSentence(error.message);
  return 'Something went wrong.';
}
