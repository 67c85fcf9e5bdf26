import { DatabaseError, toDatabaseError } from '@nostrata/database';
import { hex } from '#platform';
import type { Change, Follower, RemovalReason, Seq, StoredChange } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { createFollowers } from '../followers.ts';
import { changesDefault } from '../limits.ts';
import type { Reader } from './reader.ts';
import { parseCanonical } from './texts.ts';

/** The change log as one process sees it: its own commits from memory, those of others by looking. */
export interface Log {
  lastSeq(): Seq;
  read(after: number, limit: number): Change[];
  follow(follower: Follower): () => void;
  /** A commit of this process: its changes in log order, and the positions before it and at its end. */
  committed(changes: readonly Change[], positions: { readonly beforeSeq: number; readonly lastSeq: number }): void;
  /** Looks for commits of others. */
  look(): void;
  stop(): void;
}

type StoredRow = readonly [seq: Seq, json: string];
type RemovedRow = readonly [
  seq: Seq,
  id: Uint8Array,
  pubkey: Uint8Array,
  kind: number,
  createdAt: number,
  reason: RemovalReason,
  cause: Uint8Array | null,
];

/** Calls `look` whenever others may have committed; the returned function ends that. */
export type CommitWatch = (look: () => void) => () => void;

/** Makes the log of a database file; it looks for commits of others, as the watch tells, until it is stopped. */
export function createLog(path: string, reader: Reader, watch: CommitWatch): Log {
  const followers = createFollowers();
  const read = createLogReader(reader);
  let last = reader.lastSeq();
  let version = reader.dataVersion();

  /** Tells what the log has after `last`, in bounded pieces. */
  const readOn = (): void => {
    const end = reader.lastSeq();
    while (last < end) {
      const changes = read(last, changesDefault);
      last = changes.length < changesDefault ? Math.max(end, changes.at(-1)?.seq ?? 0) : (changes.at(-1)?.seq ?? end);
      followers.tell(changes);
    }
  };
  const look = (): void => {
    const now = reader.dataVersion();
    if (now === version) return;
    readOn();
    version = now;
  };
  /** A failure here is one of the database; every read and put tells of it too, to somebody who can act on it. */
  const lookAgain = (): void => {
    try {
      look();
    } catch (error) {
      if (!(toDatabaseError(path, error) instanceof DatabaseError) && !(error instanceof StoreError)) throw error;
    }
  };
  const endWatch = watch(lookAgain);

  return {
    lastSeq: () => last as Seq,
    read,
    follow: (follower) => followers.add(follower),
    committed: (changes, { beforeSeq, lastSeq }) => {
      if (lastSeq <= last) return;
      // Others have written in between, or a part has been seen already.
      if (beforeSeq !== last) return readOn();
      last = lastSeq;
      followers.tell(changes);
    },
    look,
    stop: endWatch,
  };
}

function createLogReader(reader: Reader): Log['read'] {
  const stored = reader.prepare('SELECT seq, json FROM event WHERE seq > ? ORDER BY seq LIMIT ?');
  const removed = reader.prepare(
    'SELECT seq, id, pubkey, kind, created_at, reason, cause FROM removal WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  return (after, limit) =>
    reader.snapshot(() => {
      const changes: Change[] = (stored.all(after, limit) as unknown as StoredRow[]).map(toStored);
      const removals = removed.all(after, limit) as unknown as RemovedRow[];
      if (removals.length === 0) return changes;
      changes.push(...removals.map(toRemoved));
      return changes.sort((a, b) => a.seq - b.seq).slice(0, limit);
    });
}

function toStored([seq, json]: StoredRow): StoredChange {
  return { type: 'stored', seq, event: parseCanonical(json), json };
}

function toRemoved([seq, id, pubkey, kind, created_at, reason, cause]: RemovedRow): Change {
  return {
    type: 'removed',
    seq,
    id: hex(id),
    pubkey: hex(pubkey),
    kind,
    created_at,
    reason,
    cause: cause === null ? undefined : hex(cause),
  };
}
