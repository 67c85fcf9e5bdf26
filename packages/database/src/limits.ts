/** How long a connection waits for the write lock of another process: longer than any bounded batch takes. */
export const busyTimeoutMs = 30_000;

/** Statements kept prepared for each connection; the programs of this project use some hundreds at most. */
export const preparedStatementsMax = 500;
