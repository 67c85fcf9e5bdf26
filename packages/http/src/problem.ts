/** Status codes of problems. */
export type ProblemStatus =
  | 400
  | 401
  | 402
  | 403
  | 404
  | 405
  | 408
  | 409
  | 410
  | 413
  | 415
  | 422
  | 429
  | 500
  | 502
  | 503;

/** What a problem says besides its sentence. */
export interface ProblemSaying extends ErrorOptions {
  readonly message: string;
  /** Seconds after which asking again makes sense; 10 of 429 and 503 unless told. */
  readonly retryAfter?: number | undefined;
  /** Further headers of the answer, such as `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A request that gets an error of the API: `{"error": code, "message": sentence}`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: ProblemStatus;
  /** A short word for programs: `not-found`, `rate-limited`, `name-taken`. */
  readonly code: string;
  readonly retryAfter: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: ProblemStatus, code: string, saying: string | ProblemSaying) {
    const options = typeof saying === 'string' ? { message: saying } : saying;
    super(options.message, options);
    this.status = status;
    this.code = code;
    this.retryAfter = options.retryAfter ?? (status === 503 || status === 429 ? 10 : undefined);
    this.headers = options.headers ?? {};
  }
}
