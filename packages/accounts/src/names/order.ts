import { Problem } from '@nostrata/http';
import { InvalidError, isHex64, type NostrEvent, parseEvent, verifyEvent } from '@nostrata/protocol';
import { evidenceCharactersMax, orderSkewMs } from './limits.ts';

/**
 * The kind of a signed order about a name. Ephemeral, so that no relay keeps it: it goes to the registry alone. Tags, each
 * exactly once: `["action", "transfer" | "rekey"]`, `["name", <id>]`, `["address", "alice@example.com"]`, `["p", <the
 * new pubkey>]` and `["u", <origin of the installation>]`. Signed by the pubkey that the name points at. The content is
 * for the person who signs, and means nothing.
 */
export const nameOrderKind = 27_405;

/** What an order must name. */
export interface OrderContext {
  readonly action: 'transfer' | 'rekey';
  readonly nameId: string;
  readonly address: string;
  /** The pubkey that the name points at. */
  readonly pubkey: string;
  /** The public origin of this installation: `https://example.com`. */
  readonly origin: string;
  readonly nowMs: number;
}

/** A signed order that was checked. */
export interface NameOrder {
  readonly event: NostrEvent;
  readonly toPubkey: string;
}

/** Checks an order: cheap things first, the signature last. @throws Problem 400 or 403 */
export function readOrder(value: unknown, context: OrderContext): NameOrder {
  const event = readEvent(value);
  if (event.kind !== nameOrderKind) throw bad(`an order about a name is an event of kind ${nameOrderKind}`);
  if (Math.abs(event.created_at * 1000 - context.nowMs) > orderSkewMs) {
    throw bad('created_at is too far from now: sign again');
  }
  const expected = { action: context.action, name: context.nameId, address: context.address, u: context.origin };
  for (const [name, wanted] of Object.entries(expected)) {
    if (readTag(event, name) !== wanted) throw bad(`the tag "${name}" must be there once and say ${wanted}`);
  }
  const toPubkey = readTag(event, 'p');
  if (!isHex64(toPubkey)) throw bad('the tag "p" must be there once and hold the new pubkey');
  if (toPubkey === event.pubkey) throw bad('the new pubkey is the old one');
  if (event.pubkey !== context.pubkey) {
    throw new Problem(403, 'wrong-signer', 'the order must be signed by the key that the name points at');
  }
  if (verifyEvent(event) === null) throw bad('id or signature of the event is wrong');
  return { event, toPubkey };
}

function readEvent(value: unknown): NostrEvent {
  try {
    const event = parseEvent(value);
    if (JSON.stringify(event).length > evidenceCharactersMax) throw bad('the event is too long');
    return event;
  } catch (cause) {
    if (cause instanceof InvalidError) throw new Problem(400, 'bad-event', { message: cause.message, cause });
    throw cause;
  }
}

function readTag({ tags }: NostrEvent, name: string): string | undefined {
  const found = tags.filter((tag) => tag[0] === name);
  return found.length === 1 ? found[0]?.[1] : undefined;
}

function bad(message: string): Problem {
  return new Problem(400, 'bad-event', message);
}
