import {
  getTagValue,
  Kind,
  type NostrEvent,
  parseComment,
  parseInvoice,
  parseThread,
  serializeEvent,
} from '@nostrata/protocol';
import type { Change, RemovalReason } from '@nostrata/store';
import { readClient } from './client-name.ts';
import type { LedgerPrefix } from './tables.ts';
import { zapBuckets } from './zap-receipts.ts';

/** What happened: all events that were put, and those that the collector counted beside the log, by id. */
export interface Told {
  readonly put: ReadonlyMap<string, NostrEvent>;
  readonly observed: ReadonlyMap<string, NostrEvent>;
}

type Sums = Map<string, number>;

/**
 * The ledgers as a plain count gives them, each event by itself, with nothing taken from the code that is tested but
 * the names of clients and the buckets of zaps. Rows are texts, as `readFacts` writes them.
 */
export function countNaively(log: readonly Change[], { put, observed }: Told): Record<string, string[]> {
  const fateById = new Map<string, 'present' | RemovalReason>();
  for (const change of log) {
    if (change.type === 'stored') fateById.set(change.event.id, 'present');
    else fateById.set(change.id, change.reason);
  }
  const sums: Record<string, Sums> = {};
  const view: NostrEvent[] = [];
  const kept: NostrEvent[] = [];
  for (const [id, fate] of fateById) {
    const event = put.get(id);
    if (!event) throw new Error(`${id} was never put`);
    if (['present', 'replaced', 'expired', 'retained'].includes(fate)) countPublished(sums, 'view_statistics', event);
    if (fate === 'present') view.push(event);
    if (fate === 'expired' || fate === 'retained') kept.push(event);
  }
  const paid = new Set<string>();
  for (const [prefix, events] of [['view_statistics', view] as const, ['statistics_kept', kept] as const]) {
    for (const event of events) countContent(sums, prefix, event);
    countZaps(sums, { prefix, events, paid });
  }
  for (const [id, event] of observed) if (!fateById.has(id)) countPublished(sums, 'statistics_observed', event);
  const everStored = [...fateById.keys()].flatMap((id) => put.get(id) ?? []);
  const rows = Object.fromEntries(tables.map((table) => [table, write(table, sums[table] ?? new Map())]));
  return { ...rows, view_statistics_author: listAuthors(everStored, view) };
}

/** Who published anything, whatever became of it, since when, and whether a profile and a follow list are there. */
function listAuthors(ever: readonly NostrEvent[], now: readonly NostrEvent[]): string[] {
  const users = new Set(ever.filter(isByUser).map(({ pubkey }) => pubkey));
  const rows = [...users].map((pubkey) => {
    const days = ever
      .filter((event) => event.pubkey === pubkey && isByUser(event))
      .map((event) => bucketsOf(event).day);
    const dated = days.filter((day) => day >= 0);
    const countOf = (kind: number): number =>
      now.filter((event) => event.pubkey === pubkey && event.kind === kind).length;
    return [
      ['author', pubkey],
      ['first_day', dated.length > 0 ? Math.min(...dated) : -1],
      ['profiles', countOf(Kind.profile)],
      ['follows', countOf(Kind.follows)],
    ];
  });
  return rows.map((row) => JSON.stringify(row)).sort();
}

const tables = ['view_statistics', 'statistics_kept', 'statistics_observed'].flatMap((prefix) =>
  [
    'hour',
    'day',
    'total',
    'author_hour',
    'author_day',
    ...(prefix === 'statistics_observed' ? [] : ['client_author_day']),
  ].map((name) => `${prefix}_${name}`),
);

function write(table: string, sums: Sums): string[] {
  const amount = /author_(?:day|hour)$/.test(table) ? 'events' : 'amount';
  const rows = [...sums].filter(([, sum]) => sum !== 0);
  return rows.map(([place, sum]) => JSON.stringify([...(JSON.parse(place) as unknown[]), [amount, sum]])).sort();
}

function add(sums: Record<string, Sums>, table: string, { place, amount }: { place: unknown[]; amount: number }): void {
  const ofTable = sums[table] ?? new Map<string, number>();
  sums[table] = ofTable;
  const key = JSON.stringify(place);
  ofTable.set(key, (ofTable.get(key) ?? 0) + amount);
}

interface Fact {
  readonly event: NostrEvent;
  readonly metric: string;
  readonly key: unknown;
  readonly amount: number;
}

function addFact(sums: Record<string, Sums>, prefix: LedgerPrefix, { event, metric, key, amount }: Fact): void {
  const { hour, day } = bucketsOf(event);
  const first = ['metric', metric];
  const last = ['key', key];
  add(sums, `${prefix}_hour`, { place: [first, ['hour', hour], last], amount });
  add(sums, `${prefix}_day`, { place: [first, ['day', day], last], amount });
  add(sums, `${prefix}_total`, { place: [first, last], amount });
}

/** By the calendar, not by dividing. */
function bucketsOf({ created_at }: NostrEvent): { hour: number; day: number } {
  const isDated = created_at >= Date.UTC(2020, 10, 7) / 1_000 && created_at <= 2 ** 33;
  if (!isDated) return { hour: -1, day: -1 };
  const date = new Date(created_at * 1_000);
  const midnight = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  return { day: midnight / 86_400_000, hour: midnight / 3_600_000 + date.getUTCHours() };
}

function countPublished(sums: Record<string, Sums>, prefix: LedgerPrefix, event: NostrEvent): void {
  const { kind, pubkey } = event;
  addFact(sums, prefix, { event, metric: 'events', key: kind, amount: 1 });
  if (!isByUser(event)) return;
  const { hour, day } = bucketsOf(event);
  const author = ['author', pubkey];
  add(sums, `${prefix}_author_hour`, { place: [['hour', hour], author], amount: 1 });
  add(sums, `${prefix}_author_day`, { place: [['day', day], author], amount: 1 });
}

function isByUser({ kind }: NostrEvent): boolean {
  return kind !== 445 && kind !== 1059 && (kind < 20_000 || kind >= 30_000);
}

function countContent(sums: Record<string, Sums>, prefix: LedgerPrefix, event: NostrEvent): void {
  const { kind } = event;
  const bytes = Buffer.byteLength(serializeEvent(event));
  addFact(sums, prefix, { event, metric: 'bytes', key: kind, amount: bytes });
  const client = readClient(event)?.key;
  addFact(sums, prefix, { event, metric: 'client', key: client ?? 0, amount: 1 });
  if (client !== undefined && isByUser(event)) {
    const place = [
      ['day', bucketsOf(event).day],
      ['client', client],
      ['author', event.pubkey],
    ];
    add(sums, `${prefix}_client_author_day`, { place, amount: 1 });
  }
  const isReply = kind === Kind.note ? parseThread(event).reply : kind === Kind.comment && parseComment(event);
  if (isReply) addFact(sums, prefix, { event, metric: 'replies', key: kind, amount: 1 });
}

interface Receipts {
  readonly prefix: LedgerPrefix;
  readonly events: readonly NostrEvent[];
  /** Invoices that were counted already. */
  readonly paid: Set<string>;
}

function countZaps(sums: Record<string, Sums>, { prefix, events, paid }: Receipts): void {
  const receipts = events.filter(({ kind }) => kind === Kind.zapReceipt).sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const event of receipts) {
    const { amountMsat = 0, paymentHash = '' } = readInvoice(event) ?? {};
    const sat = amountMsat / 1_000;
    const facts: [metric: string, key: number, amount: number][] = [];
    if (amountMsat === 0) facts.push(['zaps_invalid', 1, 1]);
    else if (paid.has(paymentHash)) facts.push(['zaps_duplicate', 0, 1]);
    else if (sat > 1_000_000) facts.push(['zaps_suspect', 0, 1], ['zap_sat_suspect', 0, sat]);
    else {
      const bucket = zapBuckets.filter((from) => from <= sat).length - 1;
      facts.push(['zaps', bucket, 1], ['zap_msat', bucket, amountMsat]);
    }
    if (amountMsat > 0) paid.add(paymentHash);
    for (const [metric, key, amount] of facts) addFact(sums, prefix, { event, metric, key, amount });
  }
}

function readInvoice(event: NostrEvent) {
  const text = getTagValue(event, 'bolt11') ?? '';
  return text.startsWith('lnbc1p01') ? undefined : parseInvoice(text);
}
