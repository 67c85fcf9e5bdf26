import { assert, getTagValues, Kind, type NostrEvent, serializeEvent } from '@nostrata/protocol';
import type { Change, RemovalReason, RemovedChange, Seq } from '../contract.ts';
import type { AddressMark, Row, Shelf } from '../rules.ts';

/** What the rules may ask about a batch, as it was before the batch. */
export interface Prefetched {
  readonly rowsById: ReadonlyMap<string, Row>;
  /** Texts that the rules may ask for: gift wraps, and requests to vanish. */
  readonly jsonById: ReadonlyMap<string, string>;
  readonly marks: ReadonlyMap<string, AddressMark>;
  /** `id` and `author`, one after the other. */
  readonly idDeletions: ReadonlySet<string>;
  readonly addressDeletions: ReadonlyMap<string, number>;
  readonly vanished: ReadonlyMap<string, number>;
  readonly vanishing: ReadonlyMap<string, readonly Row[]>;
}

/** An event that the batch adds. */
export interface Insertion {
  readonly seq: Seq;
  readonly event: NostrEvent;
  readonly json: string;
}

/** What a batch changes; written afterwards in the same transaction. */
export interface Written {
  readonly insertions: readonly Insertion[];
  readonly removals: readonly RemovedChange[];
  /** Positions of removed events that were stored before the batch. */
  readonly removedSeqs: readonly Seq[];
  readonly marks: ReadonlyMap<string, AddressMark>;
  readonly idDeletions: readonly (readonly [id: string, author: string])[];
  readonly addressDeletions: ReadonlyMap<string, number>;
  readonly vanished: ReadonlyMap<string, number>;
  /** Everything in log order. */
  readonly changes: readonly Change[];
  readonly end: Seq;
}

/** A shelf in memory over what was fetched; what is written to it is seen by later reads, and collected. */
export interface Overlay extends Shelf {
  finish(): Written;
}

/** Makes the shelf of one batch; positions are given from `end` on. */
export function createOverlay(before: Prefetched, end: Seq): Overlay {
  const events = createEventShelf(before, end);
  const marks = new Map<string, AddressMark>();
  const idDeletions = new Map<string, readonly [string, string]>();
  const addressDeletions = createLatest(before.addressDeletions);
  const vanished = createLatest(before.vanished);
  const isIdDeleted = (id: string, author: string): boolean =>
    idDeletions.has(id + author) || before.idDeletions.has(id + author);
  return {
    ...events.shelf,
    findMark: (address) => marks.get(address) ?? before.marks.get(address),
    setMark: (address, mark) => void marks.set(address, mark),
    isIdDeleted,
    addIdDeletion(id, author) {
      if (!isIdDeleted(id, author)) idDeletions.set(id + author, [id, author]);
    },
    addressDeletedUntil: addressDeletions.get,
    addAddressDeletion: addressDeletions.advance,
    vanishedUntil: vanished.get,
    setVanished: vanished.advance,
    finish: () => ({
      ...events.finish(),
      marks,
      idDeletions: [...idDeletions.values()],
      addressDeletions: addressDeletions.moved,
      vanished: vanished.moved,
    }),
  };
}

type EventShelf = Pick<Shelf, 'findById' | 'readEvent' | 'listVanishing' | 'insert' | 'remove'>;
type EventsWritten = Pick<Written, 'insertions' | 'removals' | 'removedSeqs' | 'changes' | 'end'>;

function createEventShelf(before: Prefetched, end: Seq): { shelf: EventShelf; finish(): EventsWritten } {
  let last: number = end;
  const nextSeq = (): Seq => {
    last += 1;
    return last as Seq;
  };
  const insertions = new Map<string, Insertion>();
  const gone = new Set<string>();
  const removals: RemovedChange[] = [];
  const removedSeqs: Seq[] = [];
  const changes: Change[] = [];
  const inserted = (id: string): Row | undefined => {
    const insertion = insertions.get(id);
    return insertion && toRow(insertion.seq, insertion.event);
  };
  const shelf: EventShelf = {
    findById: (id) => inserted(id) ?? (gone.has(id) ? undefined : before.rowsById.get(id)),
    readEvent(row) {
      const insertion = insertions.get(row.id);
      if (insertion) return insertion.event;
      const json = before.jsonById.get(row.id);
      assert(json !== undefined, 'the text of an event that a rule needs was fetched');
      return JSON.parse(json) as NostrEvent;
    },
    listVanishing(pubkey, until) {
      const stored = (before.vanishing.get(pubkey) ?? []).filter((row) => row.created_at <= until && !gone.has(row.id));
      const added = [...insertions.values()].filter(({ event }) => isVanishing(event, pubkey, until));
      return [...stored, ...added.map(({ seq, event }) => toRow(seq, event))];
    },
    insert(event, json) {
      const insertion = { seq: nextSeq(), event, json: json ?? serializeEvent(event) };
      insertions.set(event.id, insertion);
      changes.push({ type: 'stored', ...insertion });
      return insertion.seq;
    },
    remove(row, reason, cause) {
      if (!insertions.delete(row.id)) {
        if (gone.has(row.id)) return;
        gone.add(row.id);
        removedSeqs.push(row.seq);
      } else {
        // What enters and leaves in one batch is in the log as removed only.
        const at = changes.findIndex((change) => change.type === 'stored' && change.event.id === row.id);
        changes.splice(at, 1);
      }
      const removal = toRemoval(nextSeq(), row, { reason, cause });
      removals.push(removal);
      changes.push(removal);
    },
  };
  const finish = (): EventsWritten => ({
    insertions: [...insertions.values()],
    removals,
    removedSeqs,
    changes,
    end: last as Seq,
  });
  return { shelf, finish };
}

/** A map of times over what was fetched, whose values only rise. */
function createLatest(before: ReadonlyMap<string, number>) {
  const moved = new Map<string, number>();
  const get = (key: string): number | undefined => moved.get(key) ?? before.get(key);
  const advance = (key: string, until: number): void => {
    const old = get(key);
    if (old === undefined || until > old) moved.set(key, until);
  };
  return { moved, get, advance };
}

function isVanishing(event: NostrEvent, pubkey: string, until: number): boolean {
  if (event.created_at > until) return false;
  return event.pubkey === pubkey || (event.kind === Kind.giftWrap && getTagValues(event, 'p').includes(pubkey));
}

/** The log entry of an event that leaves. */
export function toRemoval(
  seq: Seq,
  row: Row,
  why: { readonly reason: RemovalReason; readonly cause?: string | undefined },
): RemovedChange {
  const { id, pubkey, kind, created_at } = row;
  return { type: 'removed', seq, id, pubkey, kind, created_at, ...why };
}

function toRow(seq: Seq, { id, pubkey, kind, created_at }: NostrEvent): Row {
  return { seq, id, pubkey, kind, created_at };
}
