import { type Filter, serializeFilter } from '@nostrata/protocol';

/** One part of a filter that is asked and remembered by itself. */
export interface FilterAtom {
  readonly key: string;
  /** Atoms of one shape can be asked together in one filter. */
  readonly shape: string;
  readonly filter: Filter;
}

/**
 * Takes a filter apart: by author, else by value of its only tag condition; a filter of another shape is one atom.
 * `since`, `until` and `limit` are left out. The same question gives the same keys, in whatever order it was written.
 */
export function atomsOf(filter: Filter): FilterAtom[] {
  const { since: _since, until: _until, limit: _limit, ...timeless } = filter;
  const { authors, kinds, tags, ids, search } = timeless;
  const [letter, ...others] = Object.keys(tags ?? {});
  const isPlain = ids === undefined && search === undefined;
  const kindsKey = kinds ? kinds.toSorted((a, b) => a - b).join(',') : '*';
  if (isPlain && authors !== undefined && letter === undefined) {
    const shape = `authors:${kindsKey}`;
    return authors.map((author) => ({ key: `${shape}:${author}`, shape, filter: { ...timeless, authors: [author] } }));
  }
  if (isPlain && authors === undefined && letter !== undefined && others.length === 0) {
    const shape = `#${letter}:${kindsKey}`;
    const values = tags?.[letter] ?? [];
    return values.map((value) => ({
      key: `${shape}:${value}`,
      shape,
      filter: { ...timeless, tags: { [letter]: [value] } },
    }));
  }
  const key = `filter:${canonical(timeless)}`;
  return [{ key, shape: key, filter: timeless }];
}

/** The one text of a filter: fields and lists in order. */
function canonical(filter: Filter): string {
  const fields = Object.entries(serializeFilter(filter)).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(
    fields.map(([name, value]) => [name, Array.isArray(value) ? value.toSorted(compareValues) : value]),
  );
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a) < String(b) ? -1 : 1;
}

/** Joins atoms back into as few filters as can be, each with at most so many authors or tag values. */
export function joinAtoms(
  atoms: readonly FilterAtom[],
  valuesMax: number,
): { readonly filter: Filter; readonly atoms: readonly FilterAtom[] }[] {
  const joined: { filter: Filter; atoms: readonly FilterAtom[] }[] = [];
  for (const group of Map.groupBy(atoms, ({ shape }) => shape).values()) {
    for (let start = 0; start < group.length; start += valuesMax) {
      const part = group.slice(start, start + valuesMax);
      joined.push({ filter: joinFilters(part), atoms: part });
    }
  }
  return joined;
}

function joinFilters(atoms: readonly FilterAtom[]): Filter {
  const filter = atoms[0]?.filter ?? {};
  if (atoms.length === 1) return filter;
  if (filter.authors) return { ...filter, authors: atoms.flatMap((atom) => atom.filter.authors ?? []) };
  const [letter = ''] = Object.keys(filter.tags ?? {});
  return { ...filter, tags: { [letter]: atoms.flatMap((atom) => atom.filter.tags?.[letter] ?? []) } };
}
