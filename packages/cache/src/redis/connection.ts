import type { Redis, RedisOptions } from 'ioredis';
import type { OnProblem } from '../channels.ts';
import { CacheError } from '../errors.ts';
import { callsUnderWayMax, connectTimeoutMs, reconnectMaxMs, reconnectMinMs, silentTimeouts } from '../limits.ts';
import type { RedisAddress } from './address.ts';
import { toCacheError } from './faults.ts';

/** One connection to Redis that comes back by itself. While it is down, what is asked of it fails at once. */
export interface RedisConnection {
  readonly redis: Redis;
  /** Runs one call; any failure comes out as `CacheError` within the bound of a command. */
  run<T>(call: (redis: Redis) => Promise<T>): Promise<T>;
  /** Lets calls that are under way finish within the bound of a command. */
  close(): Promise<void>;
}

/** How a connection behaves. */
export interface ConnectionOptions {
  readonly commandTimeoutMs: number;
  /** Is told once of every loss, not of the attempts that follow. */
  readonly onProblem?: OnProblem | undefined;
  /** Is called whenever the connection stands, the first time too. */
  readonly onReady?: ((redis: Redis) => void) | undefined;
}

/**
 * Connects, or says within some seconds why it cannot.
 * @throws CacheError `away` or `refused`
 */
export async function connectRedis(address: RedisAddress, options: ConnectionOptions): Promise<RedisConnection> {
  const { Redis } = await import('ioredis');
  const state = { isOpen: false, isClosing: false, isDown: false };
  const retryStrategy = (attempt: number): number | null =>
    state.isOpen ? Math.min(reconnectMinMs * 2 ** Math.min(attempt - 1, 10), reconnectMaxMs) : null;
  const redis = new Redis({ ...createDriverOptions(address, options.commandTimeoutMs), retryStrategy });
  let lastError: unknown;
  redis.on('error', (error) => {
    lastError = error;
  });
  redis.on('ready', () => {
    state.isDown = false;
    if (state.isOpen) lastError = undefined;
    options.onReady?.(redis);
  });
  redis.on('close', () => {
    if (!state.isOpen || state.isClosing || state.isDown) return;
    state.isDown = true;
    options.onProblem?.(toCacheError(lastError ?? new Error('Connection is closed.'), address.shown));
  });
  await open(redis, { shown: address.shown, reason: () => lastError });
  state.isOpen = true;
  const runCall = createRun(redis, address.shown);
  return {
    redis,
    run: runCall,
    async close() {
      state.isClosing = true;
      if (redis.status === 'ready') await redis.quit().catch(() => redis.disconnect());
      else redis.disconnect();
    },
  };
}

function createDriverOptions(address: RedisAddress, commandTimeoutMs: number): Omit<RedisOptions, 'replyMapping'> {
  const { host, port, username, password, database, isTls } = address;
  return {
    host,
    port,
    db: database,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(isTls ? { tls: { servername: host } } : {}),
    connectionName: 'nostrata',
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    socketTimeout: Math.ceil(commandTimeoutMs * silentTimeouts),
    // Callers of a cache can do without it, and must hear so at once: nothing waits for a connection, and nothing is
    // sent twice.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    // A master that became a replica: whoever is found under the name next may be the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

async function open(redis: Redis, about: { shown: string; reason: () => unknown }): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('Command timed out')), connectTimeoutMs);
  });
  try {
    await Promise.race([redis.connect(), deadline]);
    // A database that there is not: the driver says so beside, and would go on with the first.
    const reason = about.reason();
    if (reason !== undefined) throw reason;
  } catch (error) {
    redis.disconnect();
    throw toCacheError(about.reason() ?? error, about.shown);
  } finally {
    clearTimeout(timer);
  }
}

function createRun(redis: Redis, shown: string): RedisConnection['run'] {
  let underWay = 0;
  return async (call) => {
    if (underWay >= callsUnderWayMax) {
      throw new CacheError('full', `${callsUnderWayMax} calls wait for the cache ${shown}, no more are taken`);
    }
    underWay += 1;
    try {
      return await call(redis);
    } catch (error) {
      throw toCacheError(error, shown);
    } finally {
      underWay -= 1;
    }
  };
}
