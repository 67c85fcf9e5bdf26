import type { UnsignedEvent } from './event.ts';
import { isReplaceableKind, Kind } from './kinds.ts';
import { searchTermsMax, searchTextCharactersMax } from './limits.ts';

/** Words that stand next to each other, in this order; most often just one. */
export type SearchTerm = readonly string[];

/** A search query, as all engines understand it. Without any term it asks for nothing and every event matches. */
export interface SearchQuery {
  readonly required: readonly SearchTerm[];
  readonly excluded: readonly SearchTerm[];
}

/** `"a phrase"`, `-"a phrase"`, `-word` or `word`; an open quote ends with the text. */
const termPattern = /(-?)"([^"]*)(?:"|$)|(\S+)/g;
/** `language:en`, but not `https://…` nor `12:30`. */
const extensionPattern = /^-?[a-z][a-z0-9_-]*:(?!\/\/)\S+$/i;

/**
 * Reads the text of a `search` condition (NIP-50): words that must all be there, `"quoted phrases"`, `-word` and
 * `-"phrase"` that must not. `key:value` extensions are left out, as none is supported. Anything is a query; terms
 * beyond the 32nd are left out.
 */
export function parseSearch(text: string): SearchQuery {
  const required: SearchTerm[] = [];
  const excluded: SearchTerm[] = [];
  for (const [, minus, phrase, word = ''] of text.matchAll(termPattern)) {
    if (required.length + excluded.length >= searchTermsMax) break;
    if (phrase === undefined && extensionPattern.test(word)) continue;
    const isExcluded = minus === '-' || (phrase === undefined && word.startsWith('-'));
    const tokens = tokenize(phrase ?? word);
    if (tokens.length > 0) (isExcluded ? excluded : required).push(tokens);
  }
  return { required, excluded };
}

/** Scripts that are written without spaces: every character is a word of its own, and words become phrases. */
const tokenPattern =
  /[[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]&&[\p{L}\p{N}\p{M}]]|[[\p{L}\p{N}\p{M}]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]]+/gv;

/**
 * Splits text into words as all engines index it: compatibility forms folded, lower case, Latin accents taken off,
 * the final sigma a sigma, letters and digits kept, everything else a border. Engines index these words joined by spaces.
 */
export function tokenize(text: string): string[] {
  const folded = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .normalize('NFC');
  return folded.match(tokenPattern) ?? [];
}

/** Says whether a text has every required term and none of the excluded ones. */
export function matchSearch(query: SearchQuery, text: string): boolean {
  if (query.required.length === 0 && query.excluded.length === 0) return true;
  const tokens = tokenize(text);
  return (
    query.required.every((term) => countTerm(tokens, term) > 0) &&
    !query.excluded.some((term) => countTerm(tokens, term) > 0)
  );
}

/** How often the term stands in a tokenised text. */
export function countTerm(tokens: readonly string[], term: SearchTerm): number {
  let count = 0;
  for (let start = tokens.indexOf(term[0] ?? ''); start !== -1; start = tokens.indexOf(term[0] ?? '', start + 1)) {
    if (term.every((word, index) => tokens[start + index] === word)) count++;
  }
  return count;
}

/** Tags that say in words what an event is about. */
const textTags = new Set(['title', 'subject', 'name', 'summary', 'description', 'alt']);
/**
 * Kinds that are ciphertext or an application's own affair: direct messages, seals and wraps, MLS, wallets, remote
 * signing, application data, wrapped drafts.
 */
const hiddenKinds = new Set<number>([
  Kind.encryptedDirectMessage,
  Kind.seal,
  Kind.giftWrap,
  Kind.ephemeralGiftWrap,
  ...[443, 444, 445, 1060, 7374, 7375, 24_133, 30_078, 31_234, 37_375],
]);

/**
 * Says whether the content is for reading. Not that of follows and reposts, which is JSON, nor that of lists and
 * sets, which is their private part as ciphertext (NIP-51).
 */
function hasReadableContent(kind: number): boolean {
  if (kind === Kind.profile) return true;
  return !isReplaceableKind(kind) && kind !== Kind.repost && kind !== 16 && !(kind >= 30_000 && kind < 30_008);
}

/** Fields of a profile that people search for. */
const profileFields = ['name', 'display_name', 'displayName', 'about', 'nip05', 'lud16', 'website'];

/**
 * The text of an event that is searched: its content and the tags that describe it in words; of a profile the fields
 * that are for reading; of lists and reposts the tags alone; of encrypted kinds nothing. At most 100,000 characters.
 */
export function getSearchText(event: UnsignedEvent): string {
  if (hiddenKinds.has(event.kind)) return '';
  const parts: string[] = [];
  if (hasReadableContent(event.kind)) {
    parts.push(event.kind === Kind.profile ? getProfileText(event.content) : event.content);
  }
  for (const [name, value] of event.tags) {
    if (name !== undefined && value !== undefined && textTags.has(name)) parts.push(value);
  }
  return parts.join('\n').slice(0, searchTextCharactersMax);
}

function getProfileText(content: string): string {
  let profile: unknown;
  try {
    profile = JSON.parse(content);
  } catch {
    // Real profiles are now and then not JSON; they are searched as they are.
    return content;
  }
  if (typeof profile !== 'object' || profile === null) return content;
  const values = profileFields.map((field) => (profile as Record<string, unknown>)[field]);
  return values.filter((value) => typeof value === 'string').join('\n');
}
