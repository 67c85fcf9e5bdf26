import type { Answer, RelayRow } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { useAnswer } from '../api.ts';
import { formatCount } from '../format.ts';
import { Page } from '../parts/page.tsx';
import { Plate } from '../parts/plate.tsx';
import {
  chooseRelays,
  type RelayChoice,
  readChoice,
  type SortKey,
  sortNames,
  valuesOf,
} from '../parts/relay-filters.ts';
import { OverlapPlate, RelayFigures } from '../parts/relay-network.tsx';
import { RelayTable } from '../parts/relay-table.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { rangeOf, useRouter } from '../router.ts';
import { routes } from '../routes.ts';

/** All relays: which are there, how fast they answer, what they bring. */
export function Relays(): JSX.Element {
  const range = rangeOf(useRouter().query);
  const loaded = useAnswer(routes.relays(range));
  return (
    <Page
      title="Relays"
      lead="Probed and collected from by this observatory: times are as seen from where it runs."
      ranged
    >
      <Answered
        loaded={loaded}
        plates={1}
        isEmpty={(relays) => relays.length === 0}
        empty={<Empty title="No relay is known yet">Relays appear when the first probes have come back.</Empty>}
      >
        {(answer) => (
          <>
            <Together />
            <div class="plates">
              <List answer={answer} />
              <Overlap />
            </div>
          </>
        )}
      </Answered>
    </Page>
  );
}

/** The figures of all relays come with the snapshot; while they are missing, the list stands alone. */
function Together(): JSX.Element | null {
  const { answer } = useAnswer(routes.full(rangeOf(useRouter().query)));
  return answer ? <RelayFigures relays={answer.data.relays} /> : null;
}

function Overlap(): JSX.Element | null {
  const { answer } = useAnswer(routes.full(rangeOf(useRouter().query)));
  return answer ? <OverlapPlate answer={answer} /> : null;
}

function List({ answer }: { answer: Answer<readonly RelayRow[]> }): JSX.Element {
  const router = useRouter();
  const range = rangeOf(router.query);
  const choice = readChoice(router.query);
  const rows = chooseRelays(answer.data, choice);
  const onSort = (sort: SortKey): void => {
    const descending = choice.sort === sort ? !choice.descending : sortNames[sort].descending;
    router.change({ sort, order: descending ? 'desc' : 'asc' });
  };
  return (
    <Plate
      title="List of relays"
      wide
      answer={answer}
      fields={['topRelays', 'relays', 'relays.events']}
      csv={routes.relays(range)}
    >
      <Filters rows={answer.data} choice={choice} />
      <p class="count" role="status">
        {formatCount(rows.length)} of {formatCount(answer.data.length)} relays
      </p>
      {rows.length === 0 ? (
        <Empty title="No relay fits">
          <button
            type="button"
            onClick={() => router.change({ search: '', state: '', nip: '', software: '', country: '' })}
          >
            Take the filters away
          </button>
        </Empty>
      ) : (
        <RelayTable rows={rows} choice={choice} range={range} onSort={onSort} />
      )}
    </Plate>
  );
}

function Filters({ rows, choice }: { rows: readonly RelayRow[]; choice: RelayChoice }): JSX.Element {
  const { change } = useRouter();
  const nips = [...valuesOf(rows, ({ nips }) => nips.map(String))].sort((a, b) => Number(a) - Number(b));
  return (
    <search class="filters">
      <label>
        Search
        <input
          type="search"
          placeholder="URL or name"
          value={choice.search}
          onInput={(event) => change({ search: event.currentTarget.value })}
        />
      </label>
      <Choice name="state" label="State" value={choice.state} values={['online', 'outage', 'unknown', 'dead']} />
      <Choice name="nip" label="Speaks NIP" value={choice.nip} values={nips} />
      <Choice
        name="software"
        label="Software"
        value={choice.software}
        values={valuesOf(rows, (row) => [row.software])}
      />
      <Choice name="country" label="Country" value={choice.country} values={valuesOf(rows, (row) => [row.country])} />
    </search>
  );
}

function Choice(props: { name: string; label: string; value: string; values: readonly string[] }): JSX.Element {
  const { change } = useRouter();
  const values =
    props.value === '' || props.values.includes(props.value) ? props.values : [props.value, ...props.values];
  return (
    <label>
      {props.label}
      <select value={props.value} onChange={(event) => change({ [props.name]: event.currentTarget.value })}>
        <option value="">any</option>
        {values.map((value) => (
          <option key={value} value={value}>
            {value}
          </option>
        ))}
      </select>
    </label>
  );
}
