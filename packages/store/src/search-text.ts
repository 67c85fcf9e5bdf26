import { getSearchText as getText, type NostrEvent } from '@nostrata/protocol';

/** Cuts a text into the words that all engines index. */
export { tokenize as splitWords } from '@nostrata/protocol';

/** The text under which an event is found by search (NIP-50), or null where there is nothing to index. */
export function getSearchText(event: NostrEvent): string | null {
  const text = getText(event);
  return text.trim() === '' ? null : text;
}
