import { InvalidError, isHex64, type NostrEvent, parseEvent, verifyEvent } from '@nostrata/protocol';
import type { SignableEvent } from '../contract.ts';
import { SignerError } from '../errors.ts';

/**
 * Takes the answer of a signer for the signed form of an event: nothing but pubkey, id and signature may have come to it.
 * @throws SignerError `invalid`
 */
export function checkSigned(answer: unknown, template: SignableEvent, pubkey: string): NostrEvent {
  const event = readEvent(answer);
  if (event.pubkey !== pubkey) throw new SignerError('invalid', 'signer signed with another key than it names');
  const same =
    event.kind === template.kind &&
    event.created_at === template.created_at &&
    event.content === template.content &&
    JSON.stringify(event.tags) === JSON.stringify(template.tags);
  if (!same) throw new SignerError('invalid', 'signer signed another event than it was given');
  if (!verifyEvent(event)) throw new SignerError('invalid', 'signer gave a wrong id or signature');
  return event;
}

/**
 * Takes the answer of a signer for a pubkey.
 * @throws SignerError `invalid`
 */
export function checkPubkey(answer: unknown): string {
  if (!isHex64(answer)) throw new SignerError('invalid', 'signer gave a pubkey that is none');
  return answer;
}

/**
 * Takes the answer of a signer for a text.
 * @throws SignerError `invalid`
 */
export function checkText(answer: unknown): string {
  if (typeof answer !== 'string') throw new SignerError('invalid', 'signer gave no text');
  return answer;
}

function readEvent(answer: unknown): NostrEvent {
  try {
    return parseEvent(answer);
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    throw new SignerError('invalid', `signer gave no event: ${error.message}`, { cause: error });
  }
}
