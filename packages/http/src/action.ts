import { z } from 'zod';
import type { Access, Caller, HttpRequest, HttpRoute, Json, Method, Operation } from './contract.ts';
import { bodyBytesUsual } from './limits.ts';
import { hasNul } from './nul.ts';
import { describeParameters, readParameters } from './parameters.ts';
import { Problem } from './problem.ts';

/** What a reply is made of. */
export interface ReplyParts<Answer> {
  readonly status?: 200 | 201 | 202 | 204 | undefined;
  /** Undefined for an empty body. */
  readonly answer?: Answer | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `Set-Cookie` lines. */
  readonly cookies?: readonly string[] | undefined;
  /** A body that is not JSON, in place of `answer`. */
  readonly raw?: { readonly contentType: string; readonly bytes: Uint8Array<ArrayBuffer> | string } | undefined;
}

/** What the handler of an action gets: everything was checked. */
export interface Asked<Parameters, Body> {
  readonly parameters: Parameters;
  readonly body: Body;
  /** There on all routes but those for anyone. */
  readonly caller: Caller | undefined;
  readonly request: HttpRequest;
}

/** What an action is made of. */
export interface ActionParts<Parameters extends z.ZodObject, Body extends z.ZodType, Answer> {
  readonly method: Method;
  readonly path: string;
  /** The name of the operation for generated clients: `createApiKey`. */
  readonly operation: string;
  readonly group: string;
  readonly summary: string;
  readonly description: string;
  readonly access: Access;
  /** Parameters of path and query, all read from text; none unless told. */
  readonly parameters?: Parameters | undefined;
  /** The JSON body; none unless told. */
  readonly body?: Body | undefined;
  /** Bytes of the body at most; 64 KiB unless told. */
  readonly bodyBytesMax?: number | undefined;
  readonly answer: z.ZodType<Answer>;
  /** Codes of the problems of this route by status, for the document: `{ 409: 'name-taken' }`. */
  readonly problems?: Readonly<Record<number, string>> | undefined;
  readonly isCounted?: boolean | undefined;
  handle(asked: Asked<z.output<Parameters>, z.output<Body>>): Promise<Answer | Reply<Answer>>;
}

/** An answer that has its own status, headers, cookies or body; what is not one is JSON with status 200. */
export class Reply<Answer> {
  readonly parts: ReplyParts<Answer>;

  constructor(parts: ReplyParts<Answer>) {
    this.parts = parts;
  }
}

/** Makes a route of an action: reads parameters and body by their schemas, and writes the answer as JSON that nobody keeps. */
export function defineAction<
  Answer,
  Parameters extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
>(parts: ActionParts<Parameters, Body, Answer>): HttpRoute {
  return {
    method: parts.method,
    path: parts.path,
    access: parts.access,
    isCounted: parts.isCounted ?? true,
    bodyBytesMax: parts.body === undefined ? 0 : (parts.bodyBytesMax ?? bodyBytesUsual),
    operation: toOperation(parts),
    async serve(request) {
      const parameters = readParameters(parts.parameters ?? noParameters, request) as z.output<Parameters>;
      const body = (parts.body && (await readJson(parts.body, request))) as z.output<Body>;
      const result = await parts.handle({ parameters, body, caller: request.caller, request });
      return toResponse(result, request.headers);
    },
  };
}

/** Who makes the request, on routes that only let in somebody. */
export function callerOf({ caller }: { readonly caller: Caller | undefined }): Caller {
  if (caller === undefined) throw new Problem(401, 'sign-in', 'sign in first');
  return caller;
}

const noParameters = z.object({});

async function readJson(schema: z.ZodType, request: HttpRequest): Promise<unknown> {
  const type = request.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  const bytes = await request.readBody();
  if (bytes.byteLength > 0 && type !== 'application/json') {
    throw new Problem(415, 'bad-type', 'send the body as application/json');
  }
  let text = '{}';
  let value: unknown;
  try {
    if (bytes.byteLength > 0) text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new Problem(400, 'bad-body', { message: 'the body is not JSON', cause });
  }
  // The escape is the only way in which JSON can hold it.
  if (text.includes('\\u0000') && hasNul(value)) {
    throw new Problem(400, 'bad-body', 'texts must not hold the character NUL');
  }
  return parse(schema, value);
}

function parse(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw new Problem(400, 'bad-body', `${place === '' ? '' : `${place}: `}${issue?.message ?? 'not as it should be'}`);
}

function toResponse<Answer>(result: Answer | Reply<Answer>, common: Readonly<Record<string, string>>): Response {
  const parts: ReplyParts<Answer> = result instanceof Reply ? result.parts : { answer: result };
  const { status = 200, answer, headers = {}, cookies = [], raw } = parts;
  const all = new Headers({ ...common, 'Cache-Control': 'no-store', ...headers });
  for (const cookie of cookies) all.append('Set-Cookie', cookie);
  if (raw !== undefined) {
    all.set('Content-Type', raw.contentType);
    return new Response(raw.bytes, { status, headers: all });
  }
  if (answer === undefined) return new Response(null, { status: status === 200 ? 204 : status, headers: all });
  all.set('Content-Type', 'application/json; charset=utf-8');
  return new Response(JSON.stringify(answer), { status, headers: all });
}

function toOperation<Parameters extends z.ZodObject, Body extends z.ZodType, Answer>(
  parts: ActionParts<Parameters, Body, Answer>,
): Operation {
  const toSchema = (schema: z.ZodType, io: 'input' | 'output'): Json => {
    const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
    return json;
  };
  const content = (schema: Json) => ({ 'application/json': { schema } });
  const problems = Object.entries(parts.problems ?? {}).map(([status, codes]): [string, Json] => [
    status,
    { description: `\`${codes}\``, content: content({ $ref: '#/components/schemas/ApiError' }) },
  ]);
  return {
    operationId: parts.operation,
    tags: [parts.group],
    summary: parts.summary,
    description: parts.description,
    parameters: parts.parameters === undefined ? [] : describeParameters(parts.parameters, parts.path),
    ...(parts.body === undefined
      ? {}
      : { requestBody: { required: true, content: content(toSchema(parts.body, 'input')) } }),
    responses: {
      '200': { description: parts.summary, content: content(toSchema(parts.answer, 'output')) },
      ...Object.fromEntries(problems),
    },
  };
}
