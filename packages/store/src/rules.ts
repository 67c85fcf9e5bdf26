import {
  formatAddress,
  getAddress,
  getExpiration,
  getTagValues,
  InvalidError,
  isEphemeralKind,
  isHex64,
  Kind,
  type NostrEvent,
  parseAddress,
  type VerifiedEvent,
} from '@nostrata/protocol';
import type { PutRequest, PutResult, RemovalReason, Seq } from './contract.ts';

/** A stored event as the rules need it: without its content. */
export interface Row {
  readonly seq: Seq;
  readonly id: string;
  readonly pubkey: string;
  readonly kind: number;
  readonly created_at: number;
}

/**
 * The newest version ever accepted for an address. It outlives the event, so that after a deletion, an expiry or a
 * retention run a late older version does not show.
 */
export interface AddressMark {
  readonly id: string;
  readonly created_at: number;
}

/**
 * What the rules need of an engine, inside one transaction. Everything is synchronous: an engine on the far side of
 * a socket fetches what a batch touches before it applies the rules, and writes afterwards. Writes made through this
 * interface are seen by later reads through it.
 */
export interface Shelf {
  findById(id: string): Row | undefined;
  /** The whole event of a row. */
  readEvent(row: Row): NostrEvent;
  findMark(address: string): AddressMark | undefined;
  setMark(address: string, mark: AddressMark): void;
  /** Whether `author` has asked for the deletion of that id. */
  isIdDeleted(id: string, author: string): boolean;
  addIdDeletion(id: string, author: string): void;
  /** The latest `created_at` of the deletion requests for that address by its own pubkey. */
  addressDeletedUntil(address: string): number | undefined;
  addAddressDeletion(address: string, until: number): void;
  /** The latest `created_at` of the vanish requests that count here. */
  vanishedUntil(pubkey: string): number | undefined;
  setVanished(pubkey: string, until: number): void;
  /** Events by the pubkey up to that second, and gift wraps up to it that are addressed to the pubkey. */
  listVanishing(pubkey: string, until: number): readonly Row[];
  insert(event: NostrEvent, json: string | undefined): Seq;
  remove(row: Row, reason: RemovalReason, cause: string | undefined): void;
}

/** What the rules need to know beside the shelf. */
export interface RuleOptions {
  readonly nowSeconds: number;
  /** Says whether a `relay` tag value of a vanish request means this relay; `ALL_RELAYS` is handled by the rules. */
  isOwnRelay(url: string): boolean;
}

/**
 * Applies the store rules of NIP-01, 09, 40, 59 and 62 to one verified event. The only place where they are written.
 * The result does not depend on the order in which events arrive.
 */
export function applyEvent(shelf: Shelf, request: PutRequest, options: RuleOptions): PutResult {
  const { event } = request;
  if (isEphemeralKind(event.kind)) return { outcome: 'ephemeral' };
  if (shelf.findById(event.id)) return { outcome: 'duplicate' };
  if (event.kind === Kind.vanishRequest && getTagValues(event, 'relay').length === 0) {
    return { outcome: 'invalid', reason: 'a request to vanish names no relay' };
  }
  if (hasVanished(shelf, event, options)) {
    // What it deletes may be younger than the request to vanish; had it come first, that would be gone too.
    if (event.kind === Kind.deletionRequest) applyDeletion(shelf, event);
    return { outcome: 'vanished' };
  }
  const refusal = refuse(shelf, event, options);
  const superseded = advanceAddress(shelf, event);
  if (refusal) return refusal;
  if (superseded) return superseded;
  const seq = shelf.insert(event, request.json);
  if (event.kind === Kind.deletionRequest) applyDeletion(shelf, event);
  applyVanish(shelf, event, options);
  return { outcome: 'stored', seq };
}

/** Below every version: any event of the address is newer. */
const noVersion: AddressMark = { id: 'f'.repeat(64), created_at: -1 };

/** Takes an event back, and puts the version before it in its place; see `EventStore.withdraw`. */
export function withdrawEvent(
  shelf: Shelf,
  { event, previous }: { readonly event: NostrEvent; readonly previous: VerifiedEvent | undefined },
  options: RuleOptions,
): boolean {
  const row = shelf.findById(event.id);
  if (!row || row.kind === Kind.deletionRequest || row.kind === Kind.vanishRequest) return false;
  shelf.remove(row, 'withdrawn', undefined);
  const address = getAddress(event);
  if (address !== undefined && shelf.findMark(address)?.id === event.id) shelf.setMark(address, noVersion);
  if (previous) applyEvent(shelf, { event: previous }, options);
  return true;
}

function hasVanished(shelf: Shelf, event: NostrEvent, options: RuleOptions): boolean {
  // Two requests of the same second both stay, whichever came first.
  const spared = countsHere(event, options) ? 1 : 0;
  const gone = (pubkey: string): boolean => {
    const until = shelf.vanishedUntil(pubkey);
    return until !== undefined && event.created_at + spared <= until;
  };
  return gone(event.pubkey) || (event.kind === Kind.giftWrap && getTagValues(event, 'p').some(gone));
}

function refuse(shelf: Shelf, event: NostrEvent, options: RuleOptions): PutResult | null {
  if (isDeleted(shelf, event)) return { outcome: 'deleted' };
  const expiration = getExpiration(event);
  if (expiration !== undefined && expiration <= options.nowSeconds) return { outcome: 'expired' };
  return null;
}

function isDeleted(shelf: Shelf, event: NostrEvent): boolean {
  if (event.kind === Kind.deletionRequest || event.kind === Kind.vanishRequest) return false;
  if (shelf.isIdDeleted(event.id, event.pubkey)) return true;
  if (event.kind === Kind.giftWrap)
    return getTagValues(event, 'p').some((pubkey) => shelf.isIdDeleted(event.id, pubkey));
  const address = getAddress(event);
  if (address === undefined) return false;
  const until = shelf.addressDeletedUntil(address);
  return until !== undefined && event.created_at <= until;
}

/**
 * Moves the mark of the event's address forward and removes the version that it replaces. An event that is itself
 * refused as deleted or expired moves the mark too: its author did replace what came before.
 */
function advanceAddress(shelf: Shelf, event: NostrEvent): PutResult | null {
  const address = getAddress(event);
  if (address === undefined) return null;
  const mark = shelf.findMark(address);
  if (mark && isNewer(mark, event)) return { outcome: 'superseded' };
  const current = mark && shelf.findById(mark.id);
  if (current) shelf.remove(current, 'replaced', event.id);
  shelf.setMark(address, { id: event.id, created_at: event.created_at });
  return null;
}

/** NIP-01: the later `created_at` wins, and among equals the lowest id. */
function isNewer(a: AddressMark, b: AddressMark): boolean {
  return a.created_at > b.created_at || (a.created_at === b.created_at && a.id < b.id);
}

/** NIP-09: only the author's own events, or gift wraps by their recipient; never deletion or vanish requests. */
function applyDeletion(shelf: Shelf, request: NostrEvent): void {
  for (const id of getTagValues(request, 'e')) {
    if (!isHex64(id)) continue;
    shelf.addIdDeletion(id, request.pubkey);
    const row = shelf.findById(id);
    if (row && mayDelete(shelf, request.pubkey, row)) shelf.remove(row, 'deleted', request.id);
  }
  for (const address of getTagValues(request, 'a')) applyAddressDeletion(shelf, request, address);
}

function mayDelete(shelf: Shelf, pubkey: string, row: Row): boolean {
  if (row.kind === Kind.deletionRequest || row.kind === Kind.vanishRequest) return false;
  if (row.pubkey === pubkey) return true;
  return row.kind === Kind.giftWrap && getTagValues(shelf.readEvent(row), 'p').includes(pubkey);
}

function applyAddressDeletion(shelf: Shelf, request: NostrEvent, text: string): void {
  const address = normalizeOwnAddress(text, request.pubkey);
  if (address === null) return;
  shelf.addAddressDeletion(address, request.created_at);
  const mark = shelf.findMark(address);
  const row = mark && shelf.findById(mark.id);
  if (row && row.created_at <= request.created_at) shelf.remove(row, 'deleted', request.id);
}

/**
 * The address in its canonical spelling, or null where it is malformed or somebody else's. Only the last colon may be
 * missing: an identifier after a replaceable kind names nothing, and what is deleted does not come back.
 */
function normalizeOwnAddress(text: string, pubkey: string): string | null {
  try {
    const parsed = parseAddress(text);
    const address = formatAddress(parsed);
    return parsed.pubkey === pubkey && (text === address || `${text}:` === address) ? address : null;
  } catch (error) {
    if (error instanceof InvalidError) return null;
    throw error;
  }
}

/** NIP-62: everything by the pubkey up to the request goes, its deletion requests and the wraps sent to it included. */
function applyVanish(shelf: Shelf, request: NostrEvent, options: RuleOptions): void {
  if (!countsHere(request, options)) return;
  for (const row of shelf.listVanishing(request.pubkey, request.created_at)) {
    const isEqual = row.kind === Kind.vanishRequest && row.created_at === request.created_at;
    if (isEqual && (row.id === request.id || countsHere(shelf.readEvent(row), options))) continue;
    shelf.remove(row, 'vanished', request.id);
  }
  shelf.setVanished(request.pubkey, Math.max(request.created_at, shelf.vanishedUntil(request.pubkey) ?? 0));
}

/** Says whether the event is a request to vanish that names this relay or all relays. */
function countsHere(event: NostrEvent, options: RuleOptions): boolean {
  if (event.kind !== Kind.vanishRequest) return false;
  return getTagValues(event, 'relay').some((url) => url === 'ALL_RELAYS' || options.isOwnRelay(url));
}
