import { InvalidError } from './errors.ts';
import { type NostrEvent, parseEvent } from './event.ts';

/** The first word of a reason in OK, CLOSED and NEG-ERR, which programs act on (NIP-01, 42, 77). */
export type ReasonPrefix =
  | 'duplicate'
  | 'pow'
  | 'blocked'
  | 'rate-limited'
  | 'invalid'
  | 'restricted'
  | 'mute'
  | 'error'
  | 'auth-required'
  | 'unsupported'
  | 'closed';

/** What EOSE says about completeness (NIP-67). */
export type EoseHint = 'finish' | 'more';

/** What a relay says to a client (NIP-01, 42, 45, 67, 77). */
export type RelayMessage =
  | { readonly type: 'EVENT'; readonly subId: string; readonly event: NostrEvent }
  | { readonly type: 'OK'; readonly eventId: string; readonly accepted: boolean; readonly reason: string }
  | { readonly type: 'EOSE'; readonly subId: string; readonly hints: readonly string[] }
  | { readonly type: 'CLOSED'; readonly subId: string; readonly reason: string }
  | { readonly type: 'NOTICE'; readonly text: string }
  | { readonly type: 'AUTH'; readonly challenge: string }
  | { readonly type: 'COUNT'; readonly subId: string; readonly count: number; readonly hll: string | undefined }
  | { readonly type: 'NEG-MSG'; readonly subId: string; readonly message: string }
  | { readonly type: 'NEG-ERR'; readonly subId: string; readonly reason: string };

/** The beginning of an EVENT frame; the canonical JSON of an event and `]` complete it. */
export function eventFramePrefix(subId: string): string {
  return `["EVENT",${JSON.stringify(subId)},`;
}

/** An OK frame. The reason of a refusal begins with a prefix and a colon. */
export function okFrame(eventId: string, accepted: boolean, reason = ''): string {
  return `["OK",${JSON.stringify(eventId)},${accepted},${JSON.stringify(reason)}]`;
}

/** An EOSE frame, with a completeness hint where there is one (NIP-67). */
export function eoseFrame(subId: string, hint?: EoseHint): string {
  return hint === undefined ? JSON.stringify(['EOSE', subId]) : JSON.stringify(['EOSE', subId, [hint]]);
}

/** A CLOSED frame; the reason begins with a prefix and a colon. */
export function closedFrame(subId: string, reason: string): string {
  return JSON.stringify(['CLOSED', subId, reason]);
}

/** A NOTICE frame. */
export function noticeFrame(text: string): string {
  return JSON.stringify(['NOTICE', text]);
}

/** An AUTH frame with a challenge (NIP-42). */
export function authFrame(challenge: string): string {
  return JSON.stringify(['AUTH', challenge]);
}

/** A COUNT frame (NIP-45). */
export function countFrame(subId: string, count: number, hll?: string): string {
  return JSON.stringify(['COUNT', subId, hll === undefined ? { count } : { count, hll }]);
}

/** A NEG-MSG frame; the message is hex (NIP-77). */
export function negMessageFrame(subId: string, message: string): string {
  return JSON.stringify(['NEG-MSG', subId, message]);
}

/** A NEG-ERR frame; with the number of records that can be processed where that was the reason (NIP-77). */
export function negErrorFrame(subId: string, reason: string, recordsMax?: number): string {
  return JSON.stringify(recordsMax === undefined ? ['NEG-ERR', subId, reason] : ['NEG-ERR', subId, reason, recordsMax]);
}

/** The prefix of a reason: the word before its first colon, or undefined where there is none that NIPs know. */
export function getReasonPrefix(reason: string): ReasonPrefix | undefined {
  const word = reason.slice(0, Math.max(0, reason.indexOf(':')));
  return prefixes.find((prefix) => prefix === word);
}

const prefixes: readonly ReasonPrefix[] = [
  'duplicate',
  'pow',
  'blocked',
  'rate-limited',
  'invalid',
  'restricted',
  'mute',
  'error',
  'auth-required',
  'unsupported',
  'closed',
];

/**
 * Reads a text frame of a relay: shape only. Missing reasons are read as empty, as many relays leave them out.
 * @throws InvalidError where it is none that we know
 */
export function parseRelayMessage(text: string): RelayMessage {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch (error) {
    throw new InvalidError('message is not JSON', { cause: error });
  }
  if (!Array.isArray(frame)) throw new InvalidError('message is not an array');
  const [type, second, third, fourth] = frame as readonly unknown[];
  const name = readText(second, type);
  switch (type) {
    case 'EVENT':
      return { type, subId: name, event: parseEvent(third) };
    case 'OK':
      if (typeof third !== 'boolean') throw new InvalidError('OK has no truth value');
      return { type, eventId: name, accepted: third, reason: readReason(fourth) };
    case 'EOSE':
      return { type, subId: name, hints: Array.isArray(third) ? third.filter((hint) => typeof hint === 'string') : [] };
    case 'CLOSED':
    case 'NEG-ERR':
      return { type, subId: name, reason: readReason(third) };
    case 'NOTICE':
      return { type, text: name };
    case 'AUTH':
      return { type, challenge: name };
    case 'COUNT':
      return { type, subId: name, ...readCount(third) };
    case 'NEG-MSG':
      return { type, subId: name, message: readText(third, type) };
    default:
      throw new InvalidError('verb is not known');
  }
}

function readText(value: unknown, verb: unknown): string {
  if (typeof value !== 'string') throw new InvalidError(`a part of ${String(verb).slice(0, 20)} is not a string`);
  return value;
}

function readReason(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function readCount(value: unknown): { count: number; hll: string | undefined } {
  const { count, hll } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0)
    throw new InvalidError('COUNT has no count');
  return { count, hll: typeof hll === 'string' ? hll : undefined };
}
