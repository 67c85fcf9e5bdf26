import { parseSearch as parseTerms, type SearchTerm, type SearchQuery as Terms } from '@nostrata/protocol';

/**
 * A search as engines need it (NIP-50): `phrases` for one that the search index answers, best first; `all` for one
 * that requires no word. That one asks for no order, so it is planned without the search index; what it excludes
 * (`-word` alone) is a condition of each event, which `compileRowCheck` checks.
 */
export type SearchQuery = { readonly type: 'all' } | Phrases;

type Phrases = { readonly type: 'phrases' } & Terms;

/** Reads the text of a `search` condition; the language is that of `parseSearch` in @nostrata/protocol. */
export function parseSearch(text: string): SearchQuery {
  const terms = parseTerms(text);
  return terms.required.length === 0 ? { type: 'all' } : { type: 'phrases', ...terms };
}

/**
 * How FTS5 cuts the words of `splitWords` again, as text for `tokenize = …`: at the spaces between them and nowhere
 * else. Without the marks (`M*`) it would cut words of Hindi or Hebrew in pieces and drop a mark that stands alone.
 */
export const fts5Tokenizer = `"unicode61 remove_diacritics 0 categories 'L* M* N* Co'"`;

/**
 * The query as text for FTS5's MATCH over a column that holds the words of `splitWords` joined by spaces. Every term
 * stands in quotes and holds letters, digits and marks only, so nothing of a query is taken for an operator.
 */
export function toFts5(query: Phrases): string {
  const quote = (term: SearchTerm): string => `"${term.join(' ')}"`;
  const required = query.required.map(quote).join(' AND ');
  return query.excluded.reduce((text, term) => `(${text}) NOT ${quote(term)}`, required);
}

/**
 * The query as text for `::tsquery` over a vector of the words of `splitWords`. Words stand in single quotes and hold
 * letters, digits and marks only, so nothing of a query is taken for an operator.
 */
export function toTsquery(query: Phrases): string {
  const write = (term: SearchTerm): string => `(${term.map((word) => `'${word}'`).join(' <-> ')})`;
  return [...query.required.map(write), ...query.excluded.map((term) => `!${write(term)}`)].join(' & ');
}
