import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { formatCount } from '../format.ts';
import { kindNames } from '../kind-names.ts';
import { useLiveEvents } from '../live-events.ts';
import { EventCard } from '../parts/event-card.tsx';
import { LiveBand } from '../parts/live-band.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Notice } from '../parts/states.tsx';
import { ThroughputPlate } from '../parts/throughput-plate.tsx';
import { useRouter } from '../router.ts';

/** Events that are drawn: more than fit on any screen. */
const shownMax = 100;

/** Events as they come. */
export function Live(): JSX.Element {
  const { query, change } = useRouter();
  const [paused, setPaused] = useState(false);
  const kinds = readKinds(query.get('kinds') ?? '');
  const search = (query.get('search') ?? '').trim().toLowerCase();
  const live = useLiveEvents({ kinds, paused });
  const found = live.events.filter(
    ({ id, pubkey, content }) =>
      search === '' || content.toLowerCase().includes(search) || id.startsWith(search) || pubkey.startsWith(search),
  );
  return (
    <Page title="Live" lead="Events as this observatory receives them, each once, with id and signature checked.">
      <LiveBand />
      <div class="plates">
        <ThroughputPlate />
      </div>
      <section class="plate stream" aria-labelledby="stream-title">
        <h2 id="stream-title">Events</h2>
        <search class="filters">
          <label>
            Kind
            <select
              value={kinds.length === 1 ? String(kinds[0]) : ''}
              onChange={(event) => change({ kinds: event.currentTarget.value })}
            >
              <option value="">{kinds.length > 1 ? kinds.join(', ') : 'all kinds'}</option>
              {kindNames.map(([kind, name]) => (
                <option key={kind} value={String(kind)}>
                  {name} ({kind})
                </option>
              ))}
            </select>
          </label>
          <label>
            Search
            <input
              type="search"
              placeholder="text, id or key"
              value={query.get('search') ?? ''}
              onInput={(event) => change({ search: event.currentTarget.value })}
            />
          </label>
          <button type="button" class="pause" aria-pressed={paused} onClick={() => setPaused(!paused)}>
            {paused ? 'Go on' : 'Pause'}
          </button>
        </search>
        <p class="count">
          <span role="status">{paused ? 'Paused' : ''}</span>
          {paused ? `, ${formatCount(live.waiting)} waiting` : `${live.rate.toFixed(1)} events/s`} ·{' '}
          {formatCount(found.length)} shown
        </p>
        {live.state === 'lost' ? (
          <Notice tone="warning" title="Not connected.">
            {live.reason} Trying again every five seconds.
          </Notice>
        ) : null}
        {found.length === 0 && live.state !== 'lost' ? (
          <Nothing state={live.state} filtered={search !== '' || kinds.length > 0} />
        ) : null}
        <div class="events">
          {found.slice(0, shownMax).map((event) => (
            <EventCard key={event.id} event={event} />
          ))}
        </div>
      </section>
    </Page>
  );
}

function Nothing({ state, filtered }: { state: string; filtered: boolean }): JSX.Element {
  if (state === 'connecting') return <Empty title="Connecting to the relay…" />;
  return (
    <Empty title={filtered ? 'Nothing fits so far' : 'No events yet'}>
      {filtered ? 'Events that fit appear here as they come.' : 'They appear here as they come.'}
    </Empty>
  );
}

function readKinds(text: string): readonly number[] {
  return text
    .split(',')
    .filter((part) => /^\d{1,5}$/.test(part))
    .map(Number);
}
