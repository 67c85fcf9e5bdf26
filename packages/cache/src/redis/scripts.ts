import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** A script that Redis runs as one step; it works on one key. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** Counts up and gives the new count and the rest of the window; the first count opens it. Arguments: by, window. */
export const countScript = script(`
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
local rest = redis.call('PTTL', KEYS[1])
if rest < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  rest = tonumber(ARGV[2])
end
return { count, rest }`);

/** Prolongs a lease for whoever holds its token. Arguments: token, time. */
export const prolongScript = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

/** Ends a lease for whoever holds its token. Arguments: token. */
export const giveBackScript = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`);

/** Runs a script by its name, and by its text where Redis does not know it yet: at first, and after a restart. */
export async function runScript(redis: Redis, { lua, sha }: Script, words: readonly [string, ...(string | number)[]]) {
  try {
    return await redis.evalsha(sha, 1, ...words);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return await redis.eval(lua, 1, ...words);
  }
}
