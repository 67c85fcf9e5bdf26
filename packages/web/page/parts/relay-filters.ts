import type { RelayRow } from '@nostrata/observatory';

/** What the list is narrowed and sorted by; it stands in the address. */
export interface RelayChoice {
  readonly search: string;
  readonly state: string;
  readonly nip: string;
  readonly software: string;
  readonly country: string;
  readonly sort: SortKey;
  readonly descending: boolean;
}

/** What the list can be sorted by. */
export type SortKey = 'events' | 'novel' | 'uptime' | 'open' | 'read' | 'url';

/** The columns that sort, with the direction that is looked for first. */
export const sortNames: Readonly<Record<SortKey, { readonly name: string; readonly descending: boolean }>> = {
  url: { name: 'Relay', descending: false },
  uptime: { name: 'Uptime', descending: true },
  open: { name: 'Opens', descending: false },
  read: { name: 'Answers', descending: false },
  events: { name: 'Events', descending: true },
  novel: { name: 'First here', descending: true },
};

/** The choice that the address names. */
export function readChoice(query: URLSearchParams): RelayChoice {
  const named = query.get('sort') ?? '';
  const sort = Object.hasOwn(sortNames, named) ? (named as SortKey) : 'events';
  const order = query.get('order');
  return {
    search: query.get('search') ?? '',
    state: query.get('state') ?? '',
    nip: query.get('nip') ?? '',
    software: query.get('software') ?? '',
    country: query.get('country') ?? '',
    sort,
    descending: order === null ? sortNames[sort].descending : order === 'desc',
  };
}

/** The relays of the choice, in its order; what has no value comes last either way. */
export function chooseRelays(rows: readonly RelayRow[], choice: RelayChoice): readonly RelayRow[] {
  const wanted = choice.search.trim().toLowerCase();
  const nip = Number(choice.nip);
  const kept = rows.filter((row) => {
    if (wanted !== '' && !`${row.url} ${row.name ?? ''}`.toLowerCase().includes(wanted)) return false;
    if (choice.state !== '' && row.state !== choice.state) return false;
    if (choice.nip !== '' && !row.nips.includes(nip)) return false;
    if (choice.software !== '' && row.software !== choice.software) return false;
    return choice.country === '' || row.country === choice.country;
  });
  const sign = choice.descending ? -1 : 1;
  return kept.sort((a, b) => {
    const [left, right] = [sortValue(a, choice.sort), sortValue(b, choice.sort)];
    if (left === right) return a.url < b.url ? -1 : 1;
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right ? -sign : sign;
  });
}

function sortValue(row: RelayRow, sort: SortKey): number | string | null {
  if (sort === 'open') return row.openMs.p50;
  if (sort === 'read') return row.readMs.p50;
  return row[sort];
}

/** The values of a field that occur, the most frequent first. */
export function valuesOf(
  rows: readonly RelayRow[],
  read: (row: RelayRow) => readonly (string | null)[],
): readonly string[] {
  const counts = new Map<string, number>();
  for (const row of rows)
    for (const value of read(row)) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([value]) => value);
}
