/** How long a connection waits for the write lock of another process: longer than any bounded batch takes. */
export const busyTimeoutMs = 30_000;

/** Statements kept prepared for each connection; the programs of this project use some hundreds at most. */
export const preparedStatementsMax = 500;

/** Connections to PostgreSQL of one process: a server takes 100 of all processes unless told. */
export const postgresPoolSize = 8;

/** How long a connection to PostgreSQL may take; a server that starts up needs some. */
export const postgresConnectSeconds = 10;

/** The pause before the first attempt to listen again, and the longest pause between attempts. */
export const listenerRetryMinMs = 50;
/** The longest pause between attempts to listen again: a server that is back is noticed within a second. */
export const listenerRetryMaxMs = 1_000;

/** Memory of the WebAssembly build through which texts pass; it grows with the longest text. */
export const wasmScratchBytes = 64 * 1024;
/** Milliseconds between two tries to begin a transaction while another connection writes. */
export const beginAgainMs = 10;

/** Values of one list in a statement: SQLite took 999 for long, and long lists are parsed each time. */
export const valuesPerStatementMax = 900;
