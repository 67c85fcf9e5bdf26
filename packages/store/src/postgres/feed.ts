import type { PostgresDatabase } from '@nostrata/database';
import type { Change, Follower, Seq } from '../contract.ts';
import { createFollowers } from '../followers.ts';
import { catchUpChanges, pollMs } from './limits.ts';
import { readChanges } from './log.ts';
import { channel, readLogEnd } from './transaction.ts';

/** Hands the log to followers, each change once and in order, whichever process wrote it. */
export interface Feed {
  follow(follower: Follower): () => void;
  /** The position up to which followers were told. */
  lastSeq(): Seq;
  /** Tells the changes of a commit of this process, and first what others committed before it. */
  committed(commit: Commit): Promise<void>;
  /** How often the log could not be read, to be tried again at the next notification or poll. */
  failures(): number;
  stop(): Promise<void>;
}

/** What a transaction wrote to the log. */
export interface Commit {
  /** The end of the log before it. */
  readonly before: Seq;
  readonly end: Seq;
  readonly changes: readonly Change[];
}

/**
 * Starts at the present end of the log. A commit of this process that follows on what was told is told from memory;
 * whatever else is heard of, by notification or by the poll below it, is read from the log.
 */
export async function createFeed(database: PostgresDatabase): Promise<Feed> {
  const followers = createFollowers();
  let told = await readLogEnd(database);
  let known = told;
  let reading: Promise<void> | undefined;
  let failed = 0;
  let isStopped = false;

  const readOn = async (): Promise<void> => {
    while (told < known && !isStopped) {
      const changes = await readChanges(database, told, catchUpChanges);
      const last = changes.at(-1)?.seq;
      told = last ?? known;
      if (known < told) known = told;
      followers.tell(changes);
    }
  };
  const catchUp = async (): Promise<void> => {
    reading ??= readOn().finally(() => {
      reading = undefined;
    });
    try {
      await reading;
    } catch {
      failed += 1;
    }
  };
  const hear = (end: Seq): void => {
    if (end <= known) return;
    known = end;
    void catchUp();
  };
  let polling: Promise<void> | undefined;
  const poll = (): void => {
    if (isStopped) return;
    polling ??= readLogEnd(database)
      .then(hear)
      .catch(() => {
        failed += 1;
      })
      .finally(() => {
        polling = undefined;
      });
    if (told < known) void catchUp();
  };
  database.listen(channel, (payload) => {
    if (payload === null) poll();
    else hear(Number(payload) as Seq);
  });
  const timer = setInterval(poll, pollMs);
  timer.unref();

  return {
    follow: (follower) => followers.add(follower),
    lastSeq: () => told,
    async committed({ before, end, changes }) {
      if (known < end) known = end;
      if (told === before && !reading) {
        told = end;
        followers.tell(changes);
      } else if (told < end) await catchUp();
    },
    failures: () => failed,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await Promise.all([polling, catchUp()]);
    },
  };
}
