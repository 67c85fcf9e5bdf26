import type { Change, Follower, Seq } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { createFollowers } from '../followers.ts';
import { changesDefault } from '../limits.ts';
import { parseCanonical } from '../sqlite/texts.ts';
import type { Link } from './link.ts';
import type { CommitNotice, WireChange } from './wire.ts';

/** The log as a page sees it. */
export interface RemoteLog {
  readonly lastSeq: () => Seq;
  readonly follow: (follower: Follower) => () => void;
  /** Waits for what is being read, and tells nobody any more. */
  stop(): Promise<void>;
}

/** Follows the log over a line. What was missed, while nobody followed or another tab took over, is read. */
export function createRemoteLog(link: Link, lastSeq: number): RemoteLog {
  const followers = createFollowers();
  let count = 0;
  /** How far the followers have been told, and how far the log is known to go. */
  let last = lastSeq;
  let end = lastSeq;
  let reading: Promise<void> | undefined;
  let isStopped = false;

  const readOn = async (): Promise<void> => {
    while (last < end && !isStopped && count > 0) {
      const target = end;
      const changes = (await link.ask({ type: 'changes', after: last, limit: changesDefault })).map(fromWire);
      const isWhole = changes.length < changesDefault;
      const reached = changes.at(-1)?.seq ?? last;
      last = isWhole ? Math.max(target, reached) : reached;
      if (!isStopped) followers.tell(changes);
    }
    last = Math.max(last, count > 0 ? last : end);
  };
  const catchUp = (): void => {
    reading ??= readOn()
      .catch((error: unknown) => {
        // Whoever asks next hears of it; the next commit tries again.
        if (!(error instanceof StoreError)) throw error;
      })
      .finally(() => {
        reading = undefined;
      });
  };
  link.onCommit(({ beforeSeq, lastSeq: reached, changes }: CommitNotice) => {
    if (isStopped || reached <= end) return;
    end = reached;
    if (count === 0) last = end;
    else if (!reading && changes && beforeSeq === last) {
      last = end;
      followers.tell(changes.map(fromWire));
    } else catchUp();
  });
  return {
    lastSeq: () => last as Seq,
    follow: (follower) => {
      const leave = followers.add(follower);
      count += 1;
      if (count === 1) link.tell({ type: 'follow', isFollowing: true });
      let isFollowing = true;
      return () => {
        if (!isFollowing) return;
        isFollowing = false;
        leave();
        count -= 1;
        if (count === 0) link.tell({ type: 'follow', isFollowing: false });
      };
    },
    stop: async () => {
      isStopped = true;
      await reading;
    },
  };
}

/** A change as the contract has it. */
export function fromWire(change: WireChange): Change {
  if (change.type === 'removed') return change;
  const { seq, json } = change;
  return { type: 'stored', seq: seq as Seq, event: parseCanonical(json), json };
}
