/** Bounds of the gate. */
export const limits = {
  /** Test files at once: the project is built on machines with two cores. */
  suitesAtOnce: 2,
  /** A test that needs longer sets its own `timeout`. */
  testTimeoutMs: 120_000,
  /** A file whose process has not ended by then is stopped and counts as failed: it left something open. */
  suiteTimeoutMs: 420_000,
  /** Time between two looks at what suites take of the processors. */
  costsMs: 500,
  /** Lines of a suite's own error output that a failure shows. */
  errorLinesMax: 60,
} as const;
