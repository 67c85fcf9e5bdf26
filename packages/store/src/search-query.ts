import { searchTermsMax } from './limits.ts';
import { splitWords } from './search-text.ts';

/** Words that must stand one after another; a plain word is a phrase of one. Never empty. */
export type Phrase = readonly string[];

/**
 * A parsed search (NIP-50). `all` for a query that asks for nothing, so that the filter stands without it; `none`
 * where nothing can match: no word in it can be searched, or it only says what to leave out.
 */
export type SearchQuery =
  | { readonly type: 'all' }
  | { readonly type: 'none' }
  | { readonly type: 'phrases'; readonly required: readonly Phrase[]; readonly excluded: readonly Phrase[] };

/** A quoted phrase (the last quote may be missing) or a word, with or without a minus in front. */
const termPattern = /(-?)(?:"([^"]*)"?|(\S+))/gu;
/** `key:value` extensions (NIP-50); a URL is not one. */
const extensionPattern = /^[a-z][a-z0-9_-]*:(?!\/\/)\S+$/i;

/**
 * Reads the search language that every engine speaks: all words must be there, `"quoted words"` one after another,
 * `-word` and `-"phrase"` must not; `key:value` extensions are ignored. Letter case and Latin accents do not count.
 */
export function parseSearch(text: string): SearchQuery {
  const required: Phrase[] = [];
  const excluded: Phrase[] = [];
  let terms = 0;
  for (const [, minus, quoted, word] of text.matchAll(termPattern)) {
    if (word !== undefined && extensionPattern.test(word)) continue;
    if (required.length + excluded.length === searchTermsMax) break;
    terms += 1;
    const words = splitWords(quoted ?? word ?? '');
    if (words.length > 0) (minus === '-' ? excluded : required).push(words);
  }
  if (terms === 0) return { type: 'all' };
  return required.length === 0 ? { type: 'none' } : { type: 'phrases', required, excluded };
}

/** Says whether the words of a text fulfil the query: the definition that the indexes are tested against. */
export function matchesSearch(query: SearchQuery, words: readonly string[]): boolean {
  switch (query.type) {
    case 'all':
      return true;
    case 'none':
      return false;
    case 'phrases':
      return (
        query.required.every((phrase) => countPhrase(words, phrase) > 0) &&
        query.excluded.every((phrase) => countPhrase(words, phrase) === 0)
      );
  }
}

/** How often the phrase stands in the words. */
export function countPhrase(words: readonly string[], phrase: Phrase): number {
  const [first, ...rest] = phrase;
  let count = 0;
  if (first === undefined) return count;
  for (let at = words.indexOf(first); at !== -1; at = words.indexOf(first, at + 1)) {
    if (rest.every((word, offset) => words[at + 1 + offset] === word)) count += 1;
  }
  return count;
}

/**
 * The query as text for FTS5's MATCH over a column that holds `splitWords` joined by spaces. Every word stands in
 * quotes, and words hold letters and digits only, so nothing of a query is taken for an operator.
 */
export function toFts5(query: SearchQuery & { readonly type: 'phrases' }): string {
  const quote = (phrase: Phrase): string => `"${phrase.join(' ')}"`;
  const required = query.required.map(quote).join(' AND ');
  return query.excluded.reduce((text, phrase) => `(${text}) NOT ${quote(phrase)}`, required);
}

/**
 * The query as text for `::tsquery` over a vector of `splitWords`. Lexemes stand in single quotes and hold letters
 * and digits only, so nothing of a query is taken for an operator.
 */
export function toTsquery(query: SearchQuery & { readonly type: 'phrases' }): string {
  const write = (phrase: Phrase): string => `(${phrase.map((word) => `'${word}'`).join(' <-> ')})`;
  return [...query.required.map(write), ...query.excluded.map((phrase) => `!${write(phrase)}`)].join(' & ');
}
