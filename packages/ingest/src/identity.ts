import { assert, type NostrEvent, strictIdPreimage } from '@nostrata/protocol';
import { sha256Hex } from '#platform';

/** Characters of the canonical JSON text before the pubkey, and from the end of the content to the end. */
const beforePubkey = '{"id":"","pubkey":'.length + 64;
const afterContent = ',"sig":""}'.length + 128;

/**
 * Says whether the id is the SHA-256 of the event (NIP-01). `json` is the event's canonical JSON text: the preimage
 * is cut out of it, which costs a fifth of writing it anew.
 */
export function hasRightId(event: NostrEvent, json: string): boolean {
  if (sha256Hex(preimageOf(event, json)) === event.id) return true;
  const strict = strictIdPreimage(event);
  return strict !== null && sha256Hex(strict) === event.id;
}

/** The text that `idPreimage` writes. Between tags and content stands the only `,"content":` outside a string. */
function preimageOf(event: NostrEvent, json: string): string {
  const middle = `"${event.pubkey}","created_at":${event.created_at},"kind":${event.kind},"tags":`;
  const tagsAt = beforePubkey + middle.length;
  const tagsEnd = json.indexOf(',"content":', tagsAt);
  assert(tagsEnd >= tagsAt, 'a canonical text has its content behind its tags');
  const tags = json.slice(tagsAt, tagsEnd);
  const content = json.slice(tagsEnd + ',"content":'.length, json.length - afterContent);
  return `[0,"${event.pubkey}",${event.created_at},${event.kind},${tags},${content}]`;
}
