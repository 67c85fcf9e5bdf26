import { InvalidError } from './errors.ts';
import { type NostrEvent, parseEvent } from './event.ts';
import { type Filter, parseFilter } from './filter.ts';
import { subIdCharactersMax } from './limits.ts';

/** What a client says to a relay (NIP-01, 42, 45, 77). */
export type ClientMessage =
  | { readonly type: 'EVENT'; readonly event: NostrEvent }
  | { readonly type: 'REQ'; readonly subId: string; readonly filters: readonly Filter[] }
  | { readonly type: 'COUNT'; readonly subId: string; readonly filters: readonly Filter[] }
  | { readonly type: 'CLOSE'; readonly subId: string }
  | { readonly type: 'AUTH'; readonly event: NostrEvent }
  | { readonly type: 'NEG-OPEN'; readonly subId: string; readonly filter: Filter; readonly message: string }
  | { readonly type: 'NEG-MSG'; readonly subId: string; readonly message: string }
  | { readonly type: 'NEG-CLOSE'; readonly subId: string };

/** The verbs of `ClientMessage`. */
export type ClientVerb = ClientMessage['type'];

/** A message that cannot be understood, with all that is needed to answer it where the client waits for an answer. */
export interface InvalidMessage {
  readonly type: 'INVALID';
  /** One sentence, without prefix. */
  readonly reason: string;
  /** The verb, where it is one we know. */
  readonly verb: ClientVerb | undefined;
  /** For CLOSED or NEG-ERR; only where it is a valid subscription id. */
  readonly subId: string | undefined;
  /** For OK: what the client gave as the id, well-formed or not; at most 64 characters. */
  readonly eventId: string | undefined;
}

/** Says whether the value is a subscription id: text of 1–64 characters (NIP-01). */
export function isSubId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= subIdCharactersMax;
}

/** Reads a text frame of a client: shape only, neither ids nor signatures. Never throws for bad input. */
export function parseClientMessage(text: string): ClientMessage | InvalidMessage {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    // V8's words quote the input; the client knows what it sent.
    return invalid([], 'message is not JSON');
  }
  if (!Array.isArray(frame)) return invalid([], 'message is not an array');
  try {
    return readFrame(frame);
  } catch (error) {
    if (error instanceof InvalidError) return invalid(frame, error.message);
    throw error;
  }
}

function readFrame(frame: readonly unknown[]): ClientMessage {
  const [type, second, third, fourth] = frame;
  switch (type) {
    case 'EVENT':
    case 'AUTH':
      expectLength(frame, 2, 2);
      return { type, event: parseEvent(second) };
    case 'REQ':
    case 'COUNT':
      return { type, subId: readSubId(second), filters: readFilters(frame) };
    case 'CLOSE':
    case 'NEG-CLOSE':
      return { type, subId: readSubId(second) };
    case 'NEG-OPEN':
      return { type, subId: readSubId(second), filter: parseFilter(third), message: readHex(fourth) };
    case 'NEG-MSG':
      return { type, subId: readSubId(second), message: readHex(third) };
    default:
      throw new InvalidError(
        typeof type === 'string' ? `verb ${JSON.stringify(type.slice(0, 20))} is not known` : 'verb is not a string',
      );
  }
}

function invalid(frame: readonly unknown[], reason: string): InvalidMessage {
  const [type, second] = frame;
  const verb = verbs.find((known) => known === type);
  const isEvent = verb === 'EVENT' || verb === 'AUTH';
  const id = isEvent && typeof second === 'object' && second !== null ? (second as { id?: unknown }).id : undefined;
  return {
    type: 'INVALID',
    reason,
    verb,
    subId: verb !== undefined && !isEvent && isSubId(second) ? second : undefined,
    eventId: typeof id === 'string' ? id.slice(0, 64) : undefined,
  };
}

const verbs: readonly ClientVerb[] = ['EVENT', 'REQ', 'COUNT', 'CLOSE', 'AUTH', 'NEG-OPEN', 'NEG-MSG', 'NEG-CLOSE'];

function expectLength(frame: readonly unknown[], least: number, most: number): void {
  if (frame.length < least || frame.length > most) {
    throw new InvalidError(`${frame[0]} has ${frame.length - 1} parts, not ${least - 1}`);
  }
}

function readSubId(value: unknown): string {
  if (!isSubId(value)) throw new InvalidError(`subscription id is not text of 1 to ${subIdCharactersMax} characters`);
  return value;
}

function readFilters(frame: readonly unknown[]): Filter[] {
  if (frame.length < 3) throw new InvalidError(`${frame[0]} has no filter`);
  const filters: Filter[] = [];
  for (let index = 2; index < frame.length; index++) filters.push(parseFilter(frame[index]));
  return filters;
}

const hexText = /^(?:[0-9a-f]{2})+$/i;

function readHex(value: unknown): string {
  if (typeof value !== 'string' || !hexText.test(value)) throw new InvalidError('negentropy message is not hex');
  return value;
}
