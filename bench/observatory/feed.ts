import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FeedMessage, Played } from './feed-process.ts';
import type { PlayOptions } from './plan.ts';

/** Relays in a process of their own that listen, with their events signed. */
export interface Feed extends AsyncDisposable {
  readonly pid: number;
  readonly urls: readonly string[];
  /** Sends everything; resolves when it is taken. */
  play(timeoutMs: number): Promise<Played>;
}

/** Starts the process; resolves when it listens. */
export async function startFeed(options: PlayOptions): Promise<Feed> {
  const child = fork(join(import.meta.dirname, 'feed-process.ts'), [JSON.stringify(options)]);
  const message = await nextMessage(child, 300_000);
  if (message.type !== 'ready') throw new Error('the relays sent before they were asked to');
  return {
    pid: child.pid ?? 0,
    urls: message.urls,
    async play(timeoutMs) {
      child.send('play');
      const answer = await nextMessage(child, timeoutMs);
      if (answer.type !== 'done') throw new Error('the relays are not done');
      return answer.played;
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function nextMessage(child: ChildProcess, timeoutMs: number): Promise<FeedMessage> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error(`the relays did not finish within ${timeoutMs} ms`)), timeoutMs);
  const ended = once(child, 'exit', { signal: abort.signal }).then(([code]) => {
    throw new Error(`the process of the relays ended with code ${code}`);
  });
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal: abort.signal }), ended])) as [FeedMessage];
    return message;
  } finally {
    clearTimeout(timer);
    ended.catch(() => undefined);
    abort.abort();
  }
}
