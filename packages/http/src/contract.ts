/** Milliseconds since 1970, and timers: injected. */
export interface Clock {
  now(): number;
  /** Calls back once after that many milliseconds; the returned function takes it back. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** How many requests a caller may make in a window. */
export interface RateTier {
  /** A short name for headers and metrics: `anonymous`, `free`, `business`. */
  readonly name: string;
  /** 0 takes the limit away. */
  readonly requestsMax: number;
  readonly windowMs: number;
  /** Whether it cost nothing to have: whoever makes up many users has no more by it from one address. */
  readonly isFree?: boolean | undefined;
}

/** What a person may do with the installation, the weakest first. */
export type CallerRole = 'user' | 'support' | 'admin';

/** Who makes a request, as the credentials that came with it prove it. */
export interface Caller {
  readonly userId: string;
  /** Hex; undefined of a user that is known by a Lightning wallet alone. */
  readonly pubkey: string | undefined;
  readonly role: CallerRole;
  readonly by: 'session' | 'api-key' | 'nip98';
  /** Id of the session or of the API key; of NIP-98 the id of the event. */
  readonly credential: string;
  /** What an API key may do at this moment; undefined where everything that its user may. */
  readonly scopes: ReadonlySet<string> | undefined;
  readonly rate: RateTier;
}

/**
 * Who may use a route. `anyone`: nobody has to be known, but credentials that are sent must be right. `user`: somebody
 * who is signed in. `role`: somebody with at least that role. An API key is let in only by routes that name a scope, and
 * only if it has it; on routes for `anyone` a key needs the scope only where one is named.
 */
export type Access =
  | { readonly kind: 'anyone'; readonly scope?: string | undefined }
  | { readonly kind: 'user'; readonly scope?: string | undefined }
  | { readonly kind: 'role'; readonly role: 'support' | 'admin'; readonly scope?: string | undefined };

/** Methods of routes. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A request before anybody knows who makes it. */
export interface Credentials {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  /** Counted address: IPv4, or an IPv6 network of 64 bits. */
  readonly address: string;
  readonly isSecure: boolean;
  header(name: string): string | undefined;
  /** The raw body; empty where none was sent. Read once however often it is asked for. @throws Problem 413 */
  readBody(): Promise<Uint8Array>;
}

/**
 * Finds out who makes a request; undefined where no credentials were sent.
 * @throws Problem 401 where credentials are wrong, 403 where they are right and may not be used like this
 */
export type Authenticate = (credentials: Credentials) => Promise<Caller | undefined>;

/** A request of a route that was let in. */
export interface HttpRequest extends Credentials {
  readonly isHead: boolean;
  /** What the path carries, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Host and port as the client used them, in lower case. */
  readonly host: string;
  /** Headers of every answer; a route adds its own to a copy. */
  readonly headers: Readonly<Record<string, string>>;
  readonly caller: Caller | undefined;
}

/** A JSON Schema or a part of an OpenAPI document. */
export type Json = { readonly [name: string]: unknown };

/** What a route looks like in the OpenAPI document. */
export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Json | undefined;
  readonly responses: Readonly<Record<string, Json>>;
  readonly security?: readonly Json[] | undefined;
}

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description: string;
  readonly schema: Json;
}

/** A route as it is served and documented. */
export interface HttpRoute {
  readonly method: Method;
  /** With `:name` for what the path carries: `/api/v1/names/:id`. */
  readonly path: string;
  readonly access: Access;
  /** Whether requests of it count against the limit of their caller. */
  readonly isCounted: boolean;
  /** Bytes of a request's body at most. */
  readonly bodyBytesMax: number;
  /** Undefined for files of the documentation's page and the like. */
  readonly operation: Operation | undefined;
  serve(request: HttpRequest): Response | Promise<Response>;
}

/** What a room adds to the API. */
export interface ApiSection {
  readonly routes: readonly HttpRoute[];
  /** What its groups of routes are, by their names and in the order of the documents. */
  readonly groups: Readonly<Record<string, string>>;
  /** Schemas by name that its operations refer to as `#/components/schemas/<name>`. */
  readonly schemas?: Json | undefined;
  /** Paragraphs of the introduction: what holds for all its routes. */
  readonly introduction?: readonly string[] | undefined;
}

/** Where a request comes from, after the rules of trusted proxies. */
export interface Origin {
  readonly ip: string;
  readonly isSecure: boolean;
  /** Host and port as the client used them. */
  readonly host: string;
}

/** Where the room writes what its operator should know; pino fits. */
export interface HttpLogger {
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Facts that the room reports as they happen; every one may be left out. */
export interface HttpMetrics {
  /** Each answer; the route is its path as it is written, with its method before it where that is not GET. */
  request?(route: string, status: number, seconds: number): void;
  /** A failure that did not stop anything else, by where it was. */
  failed?(where: string): void;
}
