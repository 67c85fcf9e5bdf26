import { randomUUID } from 'node:crypto';
import type { ChainableCommander, Redis } from 'ioredis';
import { type Channels, createChannels, type OnProblem } from '../channels.ts';
import type { Cache } from '../contract.ts';
import type { Engine, HeldLease, Usage } from '../engine.ts';
import { CacheError } from '../errors.ts';
import { createFront } from '../front.ts';
import { commandTimeoutMs, keysPerCommandMax } from '../limits.ts';
import { parseRedisAddress, type RedisAddress } from './address.ts';
import { connectRedis, type RedisConnection } from './connection.ts';
import { countScript, giveBackScript, prolongScript, runScript } from './scripts.ts';

/** Options of a cache in Redis. */
export interface RedisCacheOptions {
  /** What all names in Redis begin with, so that installations can share one: letters, digits, `-`, `_`; `nostrata`. */
  readonly prefix?: string | undefined;
  /** How long a call may take; 2,000 ms unless told. */
  readonly commandTimeoutMs?: number | undefined;
  /** Is told of a lost connection, once until it is back, and of listeners that threw. */
  readonly onProblem?: OnProblem | undefined;
  /**
   * Is called when a lost connection is back, by each of the two (calls, listening) for itself: messages in between were
   * missed, and leases may be gone.
   */
  readonly onReconnect?: (() => void) | undefined;
}

/**
 * Opens a cache in Redis 6.2 or newer (`redis://`, or `rediss://` with TLS), shared by all who name the same prefix. It
 * connects again by itself; until then every call fails at once.
 * @throws CacheError with one clear sentence: no such address, nobody there, wrong password
 */
export async function openRedisCache(url: string, options: RedisCacheOptions = {}): Promise<Cache> {
  const { prefix = 'nostrata', commandTimeoutMs: timeoutMs = commandTimeoutMs, onProblem, onReconnect } = options;
  if (!/^[\w-]{1,64}$/.test(prefix)) {
    throw new CacheError(
      'argument',
      `the prefix ${JSON.stringify(prefix)} is not made of 1 to 64 letters, digits, - or _`,
    );
  }
  const address = parseRedisAddress(url);
  let isFirst = true;
  const onReady = (): void => {
    if (!isFirst) onReconnect?.();
    isFirst = false;
  };
  const connection = await connectRedis(address, { commandTimeoutMs: timeoutMs, onProblem, onReady });
  const posts = createPosts({ address, connection, prefix, timeoutMs, onProblem, onReconnect });
  return createFront({
    name: 'redis',
    ...createTable(connection, prefix),
    ...createLeases(connection, prefix),
    ...posts,
    ping: () => connection.run(async (redis) => (await redis.ping()) === 'PONG'),
    usage: () => readUsage(connection),
    async close() {
      await Promise.all([connection.close(), posts.close()]);
    },
  });
}

function createTable({ run }: RedisConnection, prefix: string) {
  const valueName = (key: string): string => `${prefix}:${key}`;
  const countName = (key: string): string => `${prefix}.count:${key}`;
  return {
    async read(keys) {
      const [first, ...others] = keys;
      if (first === undefined) return [];
      if (others.length === 0) return [(await run((redis) => redis.get(valueName(first)))) ?? undefined];
      const stretches = stretch(keys);
      const replies = await run((redis) => {
        const pipeline = redis.pipeline();
        for (const each of stretches) pipeline.mget(each.map(valueName));
        return execute(pipeline);
      });
      return replies.flatMap((reply) => (Array.isArray(reply) ? reply.map(toValue) : []));
    },
    async write(key, value, ttlMs) {
      await run((redis) => redis.set(valueName(key), value, 'PX', ttlMs));
    },
    async writeAbsent(keys, value, ttlMs) {
      const written: boolean[] = [];
      for (const each of stretch(keys)) {
        const replies = await run((redis) => {
          const pipeline = redis.pipeline();
          for (const key of each) pipeline.set(valueName(key), value, 'PX', ttlMs, 'NX');
          return execute(pipeline);
        });
        for (const reply of replies) written.push(reply === 'OK');
      }
      return written;
    },
    async remove(key) {
      await run((redis) => redis.del(valueName(key), countName(key)));
    },
    async count(key, windowMs, by) {
      const reply = await run((redis) => runScript(redis, countScript, [countName(key), by, windowMs]));
      const [count, resetMs] = Array.isArray(reply) ? reply : [];
      return { count: Number(count), resetMs: Number(resetMs) };
    },
  } satisfies Partial<Engine>;
}

function stretch(keys: readonly string[]): string[][] {
  const stretches: string[][] = [];
  for (let at = 0; at < keys.length; at += keysPerCommandMax) stretches.push(keys.slice(at, at + keysPerCommandMax));
  return stretches;
}

/** The replies of a pipeline; one failure is a failure of all. */
async function execute(pipeline: ChainableCommander): Promise<unknown[]> {
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
}

function toValue(reply: unknown): string | undefined {
  return typeof reply === 'string' ? reply : undefined;
}

function createLeases({ run }: RedisConnection, prefix: string) {
  const leaseName = (name: string): string => `${prefix}.lease:${name}`;
  return {
    async take(name, ttlMs) {
      const token = randomUUID();
      const reply = await run((redis) => redis.set(leaseName(name), token, 'PX', ttlMs, 'NX'));
      return reply === 'OK' ? token : undefined;
    },
    async prolong({ name, token }: HeldLease, ttlMs) {
      return (await run((redis) => runScript(redis, prolongScript, [leaseName(name), token, ttlMs]))) === 1;
    },
    async giveBack({ name, token }: HeldLease) {
      await run((redis) => runScript(redis, giveBackScript, [leaseName(name), token]));
    },
  } satisfies Partial<Engine>;
}

interface PostsOptions {
  readonly address: RedisAddress;
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly onProblem: OnProblem | undefined;
  readonly onReconnect: (() => void) | undefined;
}

/** Channels: publishing goes the way of all calls, listening has a connection of its own, made when it is needed. */
function createPosts(options: PostsOptions) {
  const { address, connection, prefix, timeoutMs, onProblem, onReconnect } = options;
  const start = `${prefix}.channel:`;
  const channels = createChannels(onProblem);
  let opening: Promise<RedisConnection> | undefined;
  const listen = (): Promise<RedisConnection> => {
    opening ??= connectListener({ address, start, channels, onReconnect, commandTimeoutMs: timeoutMs }).catch(
      (error) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  };
  return {
    async publish(channel, message) {
      await connection.run((redis) => redis.publish(start + channel, message));
    },
    async subscribe(channel, onMessage) {
      const remove = channels.add(channel, onMessage);
      const end = async (): Promise<void> => {
        if (!remove() || channels.has(channel)) return;
        const { redis } = await listen();
        // A connection that is down is told on its return whom to listen to.
        if (redis.status === 'ready') await redis.unsubscribe(start + channel).catch(() => redis.disconnect(true));
      };
      try {
        const listener = await listen();
        await listener.run((redis) => redis.subscribe(start + channel));
      } catch (error) {
        remove();
        throw error;
      }
      return end;
    },
    async close() {
      channels.clear();
      const listener = await opening?.catch(() => undefined);
      await listener?.close();
    },
  } satisfies Partial<Engine>;
}

interface ListenerOptions {
  readonly address: RedisAddress;
  readonly start: string;
  readonly channels: Channels;
  readonly commandTimeoutMs: number;
  readonly onReconnect: (() => void) | undefined;
}

async function connectListener(options: ListenerOptions): Promise<RedisConnection> {
  const { address, start, channels, commandTimeoutMs: timeoutMs, onReconnect } = options;
  let isFirst = true;
  const onReady = async (redis: Redis): Promise<void> => {
    const isBack = !isFirst;
    isFirst = false;
    const names = channels.names().map((name) => start + name);
    if (!isBack || names.length === 0) return;
    try {
      await redis.subscribe(...names);
      // Only now: whoever looks for what was missed must not miss more.
      onReconnect?.();
    } catch {
      // Lost again; the next connection tries again.
      redis.disconnect(true);
    }
  };
  const connection = await connectRedis(address, {
    commandTimeoutMs: timeoutMs,
    onReady: (redis) => void onReady(redis),
  });
  connection.redis.on('message', (channel: string, message: string) => {
    channels.deliver(channel.slice(start.length), message);
  });
  return connection;
}

async function readUsage({ run }: RedisConnection): Promise<Usage> {
  const [entries, memory] = await run((redis) => execute(redis.pipeline().dbsize().info('memory')));
  const bytes = /^used_memory:(\d+)/m.exec(String(memory))?.[1];
  return { entries: Number(entries), bytes: bytes === undefined ? undefined : Number(bytes) };
}
