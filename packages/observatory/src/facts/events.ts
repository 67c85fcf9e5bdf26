import { isEphemeralKind, Kind, type NostrEvent, parseComment, parseThread } from '@nostrata/protocol';
import type { Change } from '@nostrata/store';
import { toHour } from './buckets.ts';
import { type ClientIdentity, readClient } from './client-name.ts';
import { toShortId } from './ids.ts';
import type { Ledger } from './ledger.ts';
import { EventState } from './tables.ts';
import { readZap, type ValidZap, type ZapCheck, zapFaults } from './zap-receipts.ts';

/** What else an event counts as, as rows write it; from `invalidZap` on, the place of the fault is added. */
export const Role = { none: 0, reply: 1, zap: 2, invalidZap: 10 } as const;

/** What is only known of an event while its content is at hand. */
export interface Content {
  /** Of its canonical JSON text. */
  readonly bytes: number;
  readonly client: ClientIdentity | undefined;
  readonly role: number;
  readonly zap: ValidZap | undefined;
}

/** What a batch comes to for one event: its last change. */
export interface Outcome {
  /** Hex: the half of the id. */
  readonly id: string;
  readonly hour: number;
  readonly kind: number;
  readonly pubkey: string;
  readonly state: number;
  /** Of an event that entered in this batch, also where it left again. */
  readonly content: Content | undefined;
}

/** A row of `view_statistics_event`. */
export interface EventRow {
  readonly id: string;
  readonly hour: number;
  readonly kind: number;
  /** 0 where the kind makes nobody a user. */
  readonly author: number;
  readonly bytes: number;
  /** 0 without a client tag. */
  readonly client: number;
  readonly role: number;
  readonly state: number;
}

/** MLS group events, whose keys serve once. */
const groupEventKind = 445;

/** Says whether publishing an event of that kind makes its pubkey a user: some kinds are signed with throw-away keys. */
export function isUserKind(kind: number): boolean {
  return kind !== groupEventKind && kind !== Kind.giftWrap && !isEphemeralKind(kind);
}

/** Takes together what happened to each event, by the half of its id. */
export function toOutcomes(
  changes: readonly Change[],
  read: (event: NostrEvent, json: string) => Content,
): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const change of changes) {
    if (change.type === 'stored') {
      const { id, created_at, kind, pubkey } = change.event;
      const short = toShortId(id);
      const content = read(change.event, change.json);
      outcomes.set(short, { id: short, hour: toHour(created_at), kind, pubkey, state: EventState.present, content });
    } else {
      const { id, created_at, kind, pubkey, reason } = change;
      const short = toShortId(id);
      const content = outcomes.get(short)?.content;
      outcomes.set(short, { id: short, hour: toHour(created_at), kind, pubkey, state: EventState[reason], content });
    }
  }
  return outcomes;
}

/** Reads what an event counts as. */
export function readContent(event: NostrEvent, json: string, verify: ZapCheck): Content {
  const bytes = Buffer.byteLength(json);
  const client = readClient(event);
  if (event.kind !== Kind.zapReceipt) {
    return { bytes, client, role: isReply(event) ? Role.reply : Role.none, zap: undefined };
  }
  const zap = readZap(event, verify);
  if (typeof zap !== 'string') return { bytes, client, role: Role.zap, zap };
  return { bytes, client, role: Role.invalidZap + zapFaults.indexOf(zap), zap: undefined };
}

function isReply(event: NostrEvent): boolean {
  if (event.kind === Kind.note) return parseThread(event).reply !== undefined;
  return event.kind === Kind.comment && parseComment(event) !== null;
}

/** States in which an event still counts as published. */
const publishedStates: ReadonlySet<number> = new Set([
  EventState.present,
  EventState.replaced,
  EventState.expired,
  EventState.retained,
]);

/** Adds what a row counts for, or takes it away. */
export function countEvent(ledger: Ledger, row: EventRow, sign: 1 | -1): void {
  if (!publishedStates.has(row.state)) return;
  ledger.add('events', [row.hour, row.kind], sign);
  ledger.addAuthor(row, sign);
  if (row.state === EventState.present) countContent(ledger, row, sign);
}

/** What is counted of events whose content is or was at hand. */
export type ContentRow = Omit<EventRow, 'state'>;

/** Adds what the content of an event counts for, or takes it away. */
export function countContent(ledger: Ledger, row: ContentRow, sign: 1 | -1): void {
  const { hour, kind, bytes, client, role } = row;
  ledger.add('bytes', [hour, kind], sign * bytes);
  ledger.add('client', [hour, client], sign);
  ledger.addClientAuthor(row, sign);
  if (role === Role.reply) ledger.add('replies', [hour, kind], sign);
  if (role >= Role.invalidZap) ledger.add('zaps_invalid', [hour, role - Role.invalidZap], sign);
}
