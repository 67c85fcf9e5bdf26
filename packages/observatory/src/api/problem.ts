/** What a request is refused for, as its answer says it. */
export type ProblemCode =
  | 'bad-range'
  | 'bad-date'
  | 'bad-group-by'
  | 'bad-limit'
  | 'bad-offset'
  | 'bad-sort'
  | 'bad-format'
  | 'bad-kind'
  | 'bad-url'
  | 'bad-parameter'
  | 'unknown-relay'
  | 'unknown-kind'
  | 'unknown-table'
  | 'not-found'
  | 'method-not-allowed'
  | 'rate-limited'
  | 'too-many-listeners'
  | 'busy'
  | 'unavailable'
  | 'failed';

/** A request that gets an error of the API instead of figures. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: 400 | 404 | 405 | 429 | 500 | 503;
  readonly code: ProblemCode;
  /** Seconds after which asking again makes sense. */
  readonly retryAfter: number | undefined;

  constructor(status: Problem['status'], code: ProblemCode, message: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = status === 503 || status === 429 ? 10 : undefined;
  }
}
