import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { formatCount, formatMs } from '../format.ts';
import { EventCard } from '../parts/event-card.tsx';
import { FilterHelp, queryExamples } from '../parts/filter-help.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Notice } from '../parts/states.tsx';
import { parseQuery, parseRelay, type QueryRun, type Question, useQueryRun } from '../query-run.ts';
import { useRouter } from '../router.ts';

const firstQuery = '{\n  "kinds": [1],\n  "limit": 20\n}';

/** Asks the store, or any relay, with a filter that the reader writes. */
export function Query(): JSX.Element {
  const { query, change } = useRouter();
  const [text, setText] = useState(query.get('filter') ?? firstQuery);
  const [relay, setRelay] = useState(query.get('relay') ?? '');
  const [question, setQuestion] = useState<Question>();
  const run = useQueryRun(question);
  const parsed = parseQuery(text);
  const place = parseRelay(relay);
  const ask = (): void => {
    if ('fault' in parsed || 'fault' in place) return;
    change({ filter: text === firstQuery ? '' : text, relay });
    setQuestion({ filters: parsed.filters, url: place.url });
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    ask();
  };
  return (
    <Page
      title="Query"
      lead="Write a filter and see the events that fit: those in this observatory's store, or those of any relay."
    >
      <div class="console-box">
        <form
          class="console"
          onSubmit={(event) => {
            event.preventDefault();
            ask();
          }}
        >
          <label for="filter">Filter, or a list of filters</label>
          <textarea
            id="filter"
            class="mono"
            rows={9}
            spellcheck={false}
            autocomplete="off"
            value={text}
            aria-invalid={'fault' in parsed}
            aria-describedby="filter-fault"
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={onKey}
          />
          <p id="filter-fault" class="fault" role="status">
            {'fault' in parsed ? parsed.fault : ''}
          </p>
          <p class="examples">
            <span class="soft">Try:</span>
            {queryExamples.map(([name, filter]) => (
              <button key={name} type="button" class="quiet" onClick={() => setText(JSON.stringify(filter, null, 2))}>
                {name}
              </button>
            ))}
          </p>
          <RelayField value={relay} fault={'fault' in place ? place.fault : ''} onInput={setRelay} />
          <div class="console-run">
            <button type="submit" class="main" disabled={'fault' in parsed || 'fault' in place}>
              Ask
            </button>
            <span class="soft">or Ctrl + Enter</span>
          </div>
        </form>
        <FilterHelp />
      </div>
      <Results run={run} />
    </Page>
  );
}

function RelayField(props: { value: string; fault: string; onInput(text: string): void }): JSX.Element {
  return (
    <>
      <label for="relay">Relay</label>
      <input
        id="relay"
        class="mono"
        placeholder="this observatory’s store"
        autocomplete="off"
        spellcheck={false}
        value={props.value}
        aria-invalid={props.fault !== ''}
        aria-describedby="relay-fault"
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      <p id="relay-fault" class="fault" role="status">
        {props.fault}
      </p>
    </>
  );
}

function Results({ run }: { run: QueryRun }): JSX.Element | null {
  if (run.state === 'idle') return null;
  return (
    <section class="plate results" aria-labelledby="results-title">
      <h2 id="results-title">Events</h2>
      <p class="count" role="status">
        {statusOf(run)}
      </p>
      {run.state === 'failed' ? (
        <Notice tone="error" title="No answer.">
          {run.reason}
        </Notice>
      ) : null}
      {run.forged > 0 ? (
        <Notice tone="warning" title="Forged.">
          {formatCount(run.forged)} events of this relay have a wrong id or signature; they are not shown.
        </Notice>
      ) : null}
      {run.state === 'done' && run.events.length === 0 ? (
        <Empty title="No event fits">The relay has sent all that it has.</Empty>
      ) : null}
      <div class="events">
        {run.events.map((event) => (
          <EventCard key={event.id} event={event} />
        ))}
      </div>
    </section>
  );
}

function statusOf({ state, events, tookMs }: QueryRun): string {
  if (state === 'asking') return 'Asking…';
  const count = `${formatCount(events.length)} ${events.length === 1 ? 'event' : 'events'}`;
  return tookMs === undefined ? count : `${count} in ${formatMs(tookMs)}`;
}
