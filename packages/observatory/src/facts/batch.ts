import type { ClientIdentity } from './client-name.ts';
import type { Dictionaries } from './dictionaries.ts';
import { loadEvents, loadKept, loadObserved, type ObservedRow } from './event-rows.ts';
import { type ContentRow, type EventRow, isUserKind, type Outcome } from './events.ts';
import type { FactsTransaction } from './rows.ts';
import { EventState } from './tables.ts';
import type { ZapRow } from './zap-rows.ts';

/** One event of a batch, with what was known of it before. */
export interface Step {
  readonly outcome: Outcome;
  readonly before: EventRow | undefined;
  readonly after: EventRow;
  /** What it counts for while it is there: from its content, or from the row before. */
  readonly content: ContentRow | undefined;
  /** As a valid zap receipt, where its content is at hand. */
  readonly zap: Omit<ZapRow, 'state'> | undefined;
  readonly kept: ContentRow | undefined;
  readonly observed: ObservedRow | undefined;
}

/** Finds out what is known of the events of a batch, and gives ids to authors and clients that are new. */
export async function loadSteps(
  transaction: FactsTransaction,
  outcomes: ReadonlyMap<string, Outcome>,
  dictionaries: Dictionaries,
): Promise<Step[]> {
  const places = [...outcomes.values()];
  const events = await loadEvents(transaction, places);
  // Rows that are compared and dropped leave everything else alone.
  const kept = transaction.isShadow ? new Map<string, ContentRow>() : await loadKept(transaction, places);
  const observed = transaction.isShadow ? new Map<string, ObservedRow>() : await loadObserved(transaction, places);
  const authors = await dictionaries.authors(transaction, listPubkeys(places));
  const clients = await dictionaries.clients(transaction, listClients(places));
  return places.map((outcome): Step => {
    const { id, hour, kind, pubkey, state } = outcome;
    const author = isUserKind(kind) ? (authors.get(pubkey) ?? 0) : 0;
    const before = events.get(id);
    const content =
      toContentRow(outcome, author, clients) ?? (before?.state === EventState.present ? before : undefined);
    const counted = state === EventState.present ? content : undefined;
    const { bytes = 0, client = 0, role = 0 } = counted ?? {};
    const after = { id, hour, kind, author, bytes, client, role, state };
    const zap = toZap(outcome, authors);
    return { outcome, before, after, content, zap, kept: kept.get(id), observed: observed.get(id) };
  });
}

function listPubkeys(outcomes: readonly Outcome[]): Set<string> {
  const pubkeys = new Set<string>();
  for (const { kind, pubkey, content } of outcomes) {
    if (isUserKind(kind)) pubkeys.add(pubkey);
    if (!content?.zap) continue;
    const { sender, recipient } = content.zap;
    pubkeys.add(recipient);
    if (sender !== undefined) pubkeys.add(sender);
  }
  return pubkeys;
}

function listClients(outcomes: readonly Outcome[]): Map<string, ClientIdentity> {
  const clients = new Map<string, ClientIdentity>();
  for (const { content } of outcomes) if (content?.client) clients.set(content.client.key, content.client);
  return clients;
}

function toContentRow(
  { id, hour, kind, content }: Outcome,
  author: number,
  clients: ReadonlyMap<string, number>,
): ContentRow | undefined {
  if (!content) return undefined;
  const { bytes, role } = content;
  const client = content.client ? (clients.get(content.client.key) ?? 0) : 0;
  return { id, hour, kind, author, bytes, client, role };
}

function toZap({ id, hour, content }: Outcome, authors: ReadonlyMap<string, number>): Step['zap'] {
  if (!content?.zap) return undefined;
  const { invoice, msat, sender, recipient } = content.zap;
  const idOf = (pubkey: string | undefined): number => (pubkey === undefined ? 0 : (authors.get(pubkey) ?? 0));
  return { id, hour, invoice, msat, sender: idOf(sender), recipient: idOf(recipient) };
}
