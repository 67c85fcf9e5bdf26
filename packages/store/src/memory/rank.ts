import { countTerm, type Filter, getSearchText, type SearchTerm, tokenize } from '@nostrata/protocol';
import { nextTurn } from '#platform';
import { pageEventsMax } from '../limits.ts';
import { isEmpty } from '../plan.ts';
import { parseSearch } from '../search-query.ts';
import type { ReadContext } from './context.ts';
import { compareRows, type MemoryRow } from './row.ts';
import { createAcceptance } from './scan.ts';
import type { Table } from './table.ts';

/** Texts that are looked at in one go; each is cut into words again, about 10 µs. */
const candidatesPerTurn = 500;

/** BM25's usual constants: how soon repetition stops to count, and how much length counts. */
const saturation = 1.2;
const lengthWeight = 0.75;
/** Words of a usual note; a fixed average keeps scores stable while the store grows. */
const usualLength = 60;

/** The matches of a search filter, best first (BM25, then newest, then lowest id), cut after scoring. */
export async function* rankMatches(filter: Filter, context: ReadContext): AsyncGenerator<MemoryRow[]> {
  const query = parseSearch(filter.search ?? '');
  if (query.type !== 'phrases' || isEmpty(filter)) return;
  const { table } = context;
  const accepts = createAcceptance(filter, context);
  const scored: { row: MemoryRow; score: number }[] = [];
  let examined = 0;
  for (const row of [...table.search.candidates(query.required)]) {
    examined += 1;
    if (examined % candidatesPerTurn === 0) {
      yield [];
      await nextTurn();
      context.options.signal?.throwIfAborted();
    }
    if (!accepts(row)) continue;
    const words = tokenize(getSearchText(row.event));
    const isMatch =
      query.required.every((term) => countTerm(words, term) > 0) &&
      query.excluded.every((term) => countTerm(words, term) === 0);
    if (isMatch) scored.push({ row, score: scoreWords(words, query.required, table) });
  }
  scored.sort((a, b) => b.score - a.score || compareRows(a.row, b.row));
  const rows = scored.slice(0, filter.limit).map(({ row }) => row);
  for (let from = 0; from < rows.length; from += pageEventsMax) {
    context.options.signal?.throwIfAborted();
    yield rows.slice(from, from + pageEventsMax);
  }
}

function scoreWords(words: readonly string[], required: readonly SearchTerm[], table: Table): number {
  const lengthFactor = saturation * (1 - lengthWeight + (lengthWeight * words.length) / usualLength);
  let score = 0;
  for (const term of required) {
    const count = countTerm(words, term);
    const rarest = Math.min(...term.map((word) => table.search.frequency(word)));
    const rarity = Math.log(1 + table.rows.size / (1 + rarest));
    score += (rarity * count * (saturation + 1)) / (count + lengthFactor);
  }
  return score;
}
