import type { NostrEvent, UnsignedEvent } from '@nostrata/protocol';
import type { Publication, PublicationStatus, PublishTarget, SignedPublication, TargetState } from '../contract.ts';
import { createLatest } from '../latest.ts';
import type { PublicationRecord, RecordState } from './records.ts';

/** A publication under way: its record, and everyone who watches it. */
export interface Entry {
  readonly id: string;
  readonly event: NostrEvent | UnsignedEvent;
  readonly record: PublicationRecord;
  readonly targets: ReadonlyMap<string, PublishTarget>;
  state: RecordState;
  readonly publication: Publication;
  setTarget(target: PublishTarget): void;
  /** Tells the watchers, and settles the publication where nothing more will be tried. */
  changed(): void;
  /** Takes over what another process has written. */
  take(record: PublicationRecord): void;
  /** Sets every target that is not settled. */
  closeTargets(state: 'cancelled' | 'superseded'): void;
}

const settled: ReadonlySet<TargetState> = new Set(['delivered', 'rejected', 'superseded', 'cancelled']);

/** Says whether nothing more is tried at this relay. */
export function isSettled({ state }: PublishTarget): boolean {
  return settled.has(state);
}

/** The event of a publication that is past its signature: nothing else reaches the store or a relay. */
export function signedEvent({ id, event }: Pick<Entry, 'id' | 'event'>): NostrEvent {
  if (!isSigned(event)) throw new Error(`${id} is not signed, and must not leave the outbox`);
  return event;
}

/** The publication of an entry whose event is signed. */
export function signedPublication({ publication }: Entry): SignedPublication {
  if (!publication.isSigned) throw new Error(`${publication.id} is not signed`);
  return publication;
}

/** Makes the entry of a record. */
export function createEntry(first: PublicationRecord, cancel: (entry: Entry) => Promise<boolean>): Entry {
  let record = first;
  const targets = new Map(record.targets.map((target) => [target.relay, target]));
  const latest = createLatest<Publication>();
  const done = Promise.withResolvers<Publication>();
  const snapshot = (): Publication => {
    const status = statusOf(entry.state, [...targets.values()]);
    const progress = {
      id: record.id,
      status,
      targets: [...targets.values()],
      ...(record.reason !== undefined && { reason: record.reason }),
      changes: () => latest.read(),
      settled: done.promise,
      cancel: () => cancel(entry),
    };
    const { event, signByMs = 0 } = record;
    return isSigned(event) ? { ...progress, isSigned: true, event } : { ...progress, isSigned: false, event, signByMs };
  };
  const entry: Entry = {
    id: record.id,
    get event() {
      return record.event;
    },
    get record() {
      return record;
    },
    targets,
    state: record.state,
    get publication() {
      return snapshot();
    },
    setTarget: (target) => {
      targets.set(target.relay, target);
      entry.changed();
    },
    changed: () => {
      latest.emit(snapshot());
      if (entry.state === 'unsigned' || entry.state === 'open' || entry.state === 'cancelling') return;
      done.resolve(snapshot());
      latest.end();
    },
    take: (newer) => {
      const isSame =
        newer.state === entry.state &&
        newer.reason === record.reason &&
        JSON.stringify(newer.targets) === JSON.stringify([...targets.values()]);
      if (isSame) return;
      record = newer;
      entry.state = newer.state;
      targets.clear();
      for (const target of newer.targets) targets.set(target.relay, target);
      entry.changed();
    },
    closeTargets: (state) => {
      for (const target of targets.values()) {
        if (!isSettled(target)) targets.set(target.relay, { ...target, state, nextAtMs: undefined });
      }
    },
  };
  latest.emit(snapshot());
  return entry;
}

function isSigned(event: NostrEvent | UnsignedEvent): event is NostrEvent {
  return 'sig' in event;
}

/** One word for all targets. */
function statusOf(state: RecordState, targets: readonly PublishTarget[]): PublicationStatus {
  const has = (wanted: TargetState): boolean => targets.some((target) => target.state === wanted);
  if (state === 'cancelled' || state === 'cancelling') return 'cancelled';
  if (state === 'unsigned') return 'unsigned';
  if (!targets.every(isSettled)) return has('delivered') ? 'partial' : has('sending') ? 'sending' : 'queued';
  if (has('delivered')) return has('rejected') ? 'partial' : 'delivered';
  return has('superseded') ? 'superseded' : 'failed';
}
