import type { Range, RelayRow } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { UptimeFigure, UptimeStrip } from '../charts/uptime-strip.tsx';
import { formatCount, formatMs, formatShare, formatShort } from '../format.ts';
import { withRange } from '../router.ts';
import { type RelayChoice, type SortKey, sortNames } from './relay-filters.ts';

/** Rows of a page: a table of thousands is neither drawn nor read aloud. */
const rowsPerPage = 50;

/** The relays of a choice as a table, by the page. */
export function RelayTable(props: {
  rows: readonly RelayRow[];
  choice: RelayChoice;
  range: Range;
  onSort(sort: SortKey): void;
}): JSX.Element {
  const { rows, choice, range } = props;
  const [page, setPage] = useState(0);
  const key = JSON.stringify(choice);
  useEffect(() => setPage(0), [key]);
  const pages = Math.max(1, Math.ceil(rows.length / rowsPerPage));
  const current = Math.min(page, pages - 1);
  const from = current * rowsPerPage;
  return (
    <>
      <div class="relay-table columns">
        <table class="figures">
          <caption class="unseen">Relays, sorted by {sortNames[choice.sort].name}</caption>
          <thead>
            <tr>
              <Head sort="url" {...props} />
              <th scope="col" class="left">
                Software
              </th>
              <Head sort="uptime" {...props} />
              <Head sort="open" {...props} />
              <Head sort="read" {...props} />
              <Head sort="events" {...props} />
              <Head sort="novel" {...props} />
            </tr>
          </thead>
          <tbody>
            {rows.slice(from, from + rowsPerPage).map((row) => (
              <Row key={row.url} row={row} range={range} />
            ))}
          </tbody>
        </table>
      </div>
      {pages > 1 ? <Pager page={current} pages={pages} from={from} total={rows.length} go={setPage} /> : null}
    </>
  );
}

function Head({
  sort,
  choice,
  onSort,
}: {
  sort: SortKey;
  choice: RelayChoice;
  onSort(sort: SortKey): void;
}): JSX.Element {
  const isCurrent = choice.sort === sort;
  const direction = choice.descending ? 'descending' : 'ascending';
  return (
    <th scope="col" aria-sort={isCurrent ? direction : undefined}>
      <button type="button" class="sort" onClick={() => onSort(sort)}>
        {sortNames[sort].name}
        <span aria-hidden="true">{isCurrent ? (choice.descending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

function Row({ row, range }: { row: RelayRow; range: Range }): JSX.Element {
  return (
    <tr>
      <th scope="row">
        <StateMark state={row.state} />
        <a href={withRange(`/relays/${encodeURIComponent(row.url)}`, range)}>
          <bdi>{shortUrl(row.url)}</bdi>
        </a>
        <span class="row-under">
          <bdi>{row.name ?? ''}</bdi>
          {row.country === null ? null : <span>{row.country}</span>}
          {row.authRequired ? <span class="flag">login</span> : null}
          {row.paymentRequired ? <span class="flag">paid</span> : null}
        </span>
      </th>
      <td class="soft left">
        <bdi>{row.software ?? '–'}</bdi>
      </td>
      <td>
        {row.uptimeStrip ? <UptimeStrip pieces={row.uptimeStrip} label="Uptime" /> : null}
        <UptimeFigure uptime={row.uptime} />
      </td>
      <Times quantiles={row.openMs} />
      <Times quantiles={row.readMs} />
      <td title={formatCount(row.events)}>{formatShort(row.events)}</td>
      <td title={formatCount(row.novel)}>
        {formatShort(row.novel)}{' '}
        <span class="row-under">{row.events > 0 ? formatShare(row.novel / row.events) : ''}</span>
      </td>
    </tr>
  );
}

function Times({ quantiles }: { quantiles: RelayRow['openMs'] }): JSX.Element {
  return (
    <td>
      {formatMs(quantiles.p50)}{' '}
      <span class="row-under">{quantiles.p95 === null ? '' : `p95 ${formatMs(quantiles.p95)}`}</span>
    </td>
  );
}

const stateNames: Readonly<Record<RelayRow['state'], string>> = {
  online: 'online',
  outage: 'outage',
  unknown: 'not known yet',
  dead: 'dead',
};

/** The state of a relay as a mark whose shape tells it too. */
export function StateMark({ state }: { state: RelayRow['state'] }): JSX.Element {
  return (
    <svg class={`state-mark ${state}`} viewBox="0 0 10 10" role="img" aria-label={stateNames[state]}>
      {state === 'online' ? <circle cx="5" cy="5" r="4" /> : null}
      {state === 'outage' ? <path d="M5 .8 9.6 9.2H.4z" /> : null}
      {state === 'unknown' ? <circle class="hollow" cx="5" cy="5" r="3.4" /> : null}
      {state === 'dead' ? <path class="cross-mark" d="M1.5 1.5l7 7m0-7l-7 7" /> : null}
    </svg>
  );
}

/** A URL without what all have in common. */
export function shortUrl(url: string): string {
  return url.replace(/^wss:\/\//, '').replace(/\/$/, '');
}

function Pager(props: {
  page: number;
  pages: number;
  from: number;
  total: number;
  go(page: number): void;
}): JSX.Element {
  const { page, pages, from, total, go } = props;
  return (
    <nav class="pager" aria-label="Pages of the list">
      <button type="button" disabled={page === 0} onClick={() => go(page - 1)}>
        Previous
      </button>
      <span role="status">
        {formatCount(from + 1)}–{formatCount(Math.min(total, from + rowsPerPage))} of {formatCount(total)}
      </span>
      <button type="button" disabled={page === pages - 1} onClick={() => go(page + 1)}>
        Next
      </button>
    </nav>
  );
}
