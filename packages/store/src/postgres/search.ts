import type { NostrEvent } from '@nostrata/protocol';
import { getSearchText, splitWords } from '../search-text.ts';
import { positionMax, positionsMax, wordCharactersMax } from './limits.ts';

/**
 * The words of an event with their places, as text for `::tsvector`; null where it is not searchable. Words are cut
 * here and not by the server, so that all engines agree on them.
 */
export function searchWords(event: NostrEvent): string | null {
  const text = getSearchText(event);
  if (text === null) return null;
  const places = new Map<string, number[]>();
  let place = 0;
  for (const word of splitWords(text)) {
    place = Math.min(place + 1, positionMax);
    const key = searchWord(word);
    const known = places.get(key);
    if (!known) places.set(key, [place]);
    else if (known.length < positionsMax && known.at(-1) !== place) known.push(place);
  }
  if (places.size === 0) return null;
  return Array.from(places, ([word, at]) => `'${word}':${at.join(',')}`).join(' ');
}

/** A word as it stands in the index: cut where PostgreSQL would refuse it. */
export function searchWord(word: string): string {
  return word.length > wordCharactersMax ? word.slice(0, wordCharactersMax).toWellFormed() : word;
}
