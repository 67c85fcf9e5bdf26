import { Kind, type NostrEvent } from '@nostrata/protocol';
import { searchCharactersMax } from './limits.ts';

/** Tags that are prose, and kinds in whose events they are searched beside the content. */
const proseTags = new Set(['title', 'subject', 'name', 'summary', 'description', 'about']);

/**
 * Kinds whose content is text that people wrote for everybody. A list of what is searched, not of what is hidden:
 * ciphertext (4, 13, 1059, list and set contents, 30078) and JSON never become searchable by being forgotten.
 */
const textKinds: ReadonlySet<number> = new Set([
  1, 9, 11, 20, 21, 22, 24, 42, 1063, 1068, 1111, 1222, 1244, 1311, 1617, 1618, 1621, 1622, 1985, 2003, 2004, 9041,
  9802, 30023, 30040, 30041, 30402, 30817, 30818, 31922, 31923, 31924, 32267, 34235, 34236,
]);

/** Kinds of which only prose tags are searched; their content is empty or not text. */
const tagKinds: ReadonlySet<number> = new Set([30009, 30311, 30312, 30313, 30617, 34550, 39000, 39089, 39092]);

/** Kinds whose content is JSON that describes somebody or something, and the fields that are searched. */
const metadataKinds: ReadonlySet<number> = new Set([Kind.profile, 40, 41, 31990]);
const metadataFields = ['name', 'display_name', 'about', 'nip05'];

/**
 * The text under which an event is found by search (NIP-50), or null where its kind is not searchable. For text
 * kinds the content and the title, subject, name, summary, description and about tags; for kind 0 the name,
 * display_name, about and nip05 of the profile.
 */
export function getSearchText(event: NostrEvent): string | null {
  const parts: string[] = [];
  if (textKinds.has(event.kind) || tagKinds.has(event.kind)) {
    for (const [name, value] of event.tags) {
      if (name !== undefined && value !== undefined && proseTags.has(name)) parts.push(value);
    }
  }
  if (textKinds.has(event.kind)) parts.push(event.content);
  if (metadataKinds.has(event.kind)) parts.push(...readMetadata(event.content));
  const text = parts.join('\n').slice(0, searchCharactersMax);
  return text.trim() === '' ? null : text;
}

function readMetadata(content: string): string[] {
  let fields: unknown;
  try {
    fields = JSON.parse(content);
  } catch (error) {
    // Profiles that are no JSON exist; they are stored as they are and cannot be searched.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
  if (typeof fields !== 'object' || fields === null) return [];
  const record = fields as Record<string, unknown>;
  return metadataFields.map((field) => record[field]).filter((value) => typeof value === 'string');
}

const wordPattern = /[\p{L}\p{N}\p{M}]+/gu;
/** Scripts that are written without spaces: each character is a word, and a word of several is a phrase. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu;
const latinAccents = /[\u0300-\u036f]+/g;

/**
 * Cuts a text into the words that all engines index: runs of letters and digits in any script, in lower case, Latin,
 * Greek and Cyrillic without accents, Chinese and Japanese one character a word.
 */
export function splitWords(text: string): string[] {
  const folded = text.toLowerCase().normalize('NFKD').replace(latinAccents, '').normalize('NFC');
  const words: string[] = [];
  for (const [run] of folded.matchAll(wordPattern)) words.push(...(run.match(unspaced) ?? []));
  return words;
}
