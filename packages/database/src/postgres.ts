import type { Client, ClientConfig, Pool, PoolClient, QueryConfig } from 'pg';
import type { Database, Queryable, SqlRow, SqlValue } from './contract.ts';
import { DatabaseError } from './errors.ts';
import { postgresConnectSeconds, postgresPoolSize } from './limits.ts';
import { isConnectionLost, sqlStateOf, toPostgresError } from './postgres-errors.ts';
import { createPostgresListener, type NotificationHandler } from './postgres-listener.ts';

/** Settings of a PostgreSQL database. */
export interface PostgresOptions {
  /** Connections at once; 8 unless told. One more listens for notifications and cancels statements. */
  readonly poolSize?: number | undefined;
  readonly applicationName?: string | undefined;
  /** Server settings of every connection, as `SET name = value` would make them. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** A statement; one with a name is prepared once for each connection. A name always stands for the same text. */
export interface PostgresStatement {
  readonly name?: string | undefined;
  readonly text: string;
}

/** Something that runs statements: several may be under way at once, and go over the wire without waiting. */
export interface PostgresSession extends Queryable {
  /** Runs a statement; `bytea` comes as lower-case hex and `bigint` as number, which suits ids and positions. */
  run<Row>(statement: PostgresStatement, parameters?: readonly SqlValue[]): Promise<readonly Row[]>;
}

/** A database on a PostgreSQL server. */
export interface PostgresDatabase extends Database, PostgresSession {
  readonly dialect: 'postgres';
  /** Like `run`, outside of transactions; a signal that aborts cancels the statement on the server. */
  read<Row>(
    statement: PostgresStatement,
    parameters: readonly SqlValue[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Row[]>;
  transaction<T>(work: (transaction: PostgresSession) => Promise<T>): Promise<T>;
  /** Listens until the database is closed, whatever becomes of the connection. */
  listen(channel: string, handler: NotificationHandler): void;
  /** Idle connections that the server took away so far; they are replaced when they are needed. */
  connectionsLost(): number;
  /** Connections of the pool now, and callers that wait for one. */
  connections(): { readonly busy: number; readonly idle: number; readonly waiting: number };
}

/**
 * Connects to PostgreSQL; the driver is loaded here and nowhere else.
 * @throws DatabaseError `away` where nobody answers, `other` for a wrong password, user or database name
 */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<PostgresDatabase> {
  const { default: pg } = await import('pg');
  const config = createConfig(url, options);
  const place = describePlace(url);
  const pool = new pg.Pool({ ...config, max: options.poolSize ?? postgresPoolSize });
  const database = createDatabase({ pool, place, types: createTypes(pg.types.getTypeParser), connect });
  try {
    await database.query('SELECT 1');
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;

  async function connect(): Promise<Client> {
    const client = new pg.Client(config);
    await client.connect();
    return client;
  }
}

interface Pieces {
  readonly pool: Pool;
  readonly place: string;
  readonly types: Types;
  connect(): Promise<Client>;
}

function createDatabase({ pool, place, types, connect }: Pieces): PostgresDatabase {
  let lost = 0;
  let closing: Promise<void> | undefined;
  pool.on('error', () => {
    lost += 1;
  });
  const listener = createPostgresListener(connect);
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw toPostgresError(place, error);
    }
  };
  const createSession = (client: Pick<PoolClient, 'query'>): PostgresSession => ({
    query: <Row extends SqlRow>(text: string, values: readonly SqlValue[] = []) =>
      guard(async () => (await client.query({ text, values: [...values], ...types.plain })).rows as readonly Row[]),
    run: <Row>(statement: PostgresStatement, values: readonly SqlValue[] = []) =>
      guard(async () => (await client.query(toQuery(statement, values, types.hex))).rows as readonly Row[]),
  });
  const session = createSession({ query: pool.query.bind(pool) } as Pick<PoolClient, 'query'>);
  const close = (): Promise<void> => {
    closing ??= (async () => {
      await listener.close();
      await pool.end();
    })();
    return closing;
  };
  return {
    dialect: 'postgres',
    ...session,
    read: <Row>(statement: PostgresStatement, values: readonly SqlValue[], signal: AbortSignal | undefined) =>
      signal
        ? runCancellable<Row>(pool, toQuery(statement, values, types.hex), { signal, listener, guard })
        : session.run<Row>(statement, values),
    transaction: (work) => runTransaction(pool, guard, (client) => work(keepFirstFailure(createSession(client)))),
    listen: (channel, handler) => listener.listen(channel, handler),
    connections: () => ({
      busy: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    connectionsLost: () => lost,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** In a transaction that has failed, statements behind the one at fault fail with this state. */
const inFailedTransaction = '25P02';

/** Statements are under way together: whichever is looked at first, the failure told is the one that came first. */
function keepFirstFailure(session: PostgresSession): PostgresSession {
  let first: unknown;
  const keep = async <T>(running: Promise<T>): Promise<T> => {
    try {
      return await running;
    } catch (error) {
      if (first === undefined || sqlStateOf(first) === inFailedTransaction) first = error;
      throw sqlStateOf(error) === inFailedTransaction ? first : error;
    }
  };
  return {
    query: (text, values) => keep(session.query(text, values)),
    run: (statement, values) => keep(session.run(statement, values)),
  };
}

type Guard = <T>(work: () => Promise<T>) => Promise<T>;

async function runTransaction<T>(pool: Pool, guard: Guard, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await guard(() => pool.connect());
  let broken: Error | undefined;
  // A checked-out client reports the loss of its connection here as well as through its queries.
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on('error', onError);
  try {
    // The first statements follow BEGIN without waiting for its answer: it fails only with the connection.
    const begun = guard(() => client.query('BEGIN'));
    const [result] = await Promise.all([work(client), begun]);
    await guard(() => client.query('COMMIT'));
    return result;
  } catch (error) {
    if (isConnectionLost(error)) broken ??= new Error('connection lost');
    else {
      await client.query('ROLLBACK').catch((failure: Error) => {
        broken = failure;
      });
    }
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

interface Cancelling {
  readonly guard: Guard;
  readonly signal: AbortSignal;
  readonly listener: { cancel(processId: number): Promise<void> };
}

async function runCancellable<Row>(
  pool: Pool,
  query: QueryConfig,
  { signal, listener, guard }: Cancelling,
): Promise<readonly Row[]> {
  signal.throwIfAborted();
  const client = await guard(() => pool.connect());
  let cancelling: Promise<void> | undefined;
  const onAbort = (): void => {
    cancelling = listener.cancel((client as PoolClient & { readonly processID: number }).processID);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return (await guard(() => client.query(query))).rows as Row[];
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await cancelling;
    // A late cancellation must not hit the next statement: such a connection is not used again.
    client.release(cancelling !== undefined);
  }
}

function toQuery(
  { name, text }: PostgresStatement,
  values: readonly SqlValue[],
  hexConfig: Pick<QueryConfig, 'types'>,
): QueryConfig {
  return name === undefined
    ? { text, values: [...values], ...hexConfig }
    : { name, text, values: [...values], ...hexConfig };
}

const byteaType = 17;
const bigintType = 20;

type GetTypeParser = typeof import('pg').types.getTypeParser;

/** How answers are read: `bigint` as number always, `bytea` as bytes or as hex. */
interface Types {
  readonly plain: Pick<QueryConfig, 'types'>;
  readonly hex: Pick<QueryConfig, 'types'>;
}

function createTypes(getDefault: GetTypeParser): Types {
  const create = (readBytes: ((text: string) => unknown) | undefined): Pick<QueryConfig, 'types'> => {
    const getTypeParser = ((oid: number, format?: 'text') => {
      if (oid === byteaType && readBytes) return readBytes;
      return oid === bigintType ? Number : getDefault(oid, format);
    }) as GetTypeParser;
    return { types: { getTypeParser } };
  };
  return { plain: create(undefined), hex: create((text) => text.slice(2)) };
}

function createConfig(url: string, options: PostgresOptions): ClientConfig {
  const settings = Object.entries(options.settings ?? {}).map(([name, value]) => `-c ${name}=${value}`);
  return {
    connectionString: url,
    application_name: options.applicationName ?? 'nostrata',
    connectionTimeoutMillis: postgresConnectSeconds * 1000,
    keepAlive: true,
    pipeline: true,
    ...(settings.length > 0 ? { options: settings.join(' ') } : {}),
  };
}

/** Host, port and database, without the password: what a message may say. */
function describePlace(url: string): string {
  if (!URL.canParse(url)) throw new DatabaseError('other', 'the address of the PostgreSQL server is not a URL');
  const { hostname, port, pathname } = new URL(url);
  return `${hostname || 'localhost'}:${port || 5432}${pathname.length > 1 ? pathname : ''}`;
}
