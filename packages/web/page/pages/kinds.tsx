import type { Answer, EngagementFigures, Range, Snapshot } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { useAnswer } from '../api.ts';
import { TimeChart } from '../charts/time-chart.tsx';
import { formatBytes, formatCount, formatShare, formatShort, parseBucket } from '../format.ts';
import { EventsPlate } from '../parts/events-plate.tsx';
import { KeyFigure } from '../parts/key-figure.tsx';
import { Page } from '../parts/page.tsx';
import { Plate } from '../parts/plate.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { changedQuery, rangeOf, useRouter } from '../router.ts';
import { bucketOf, routes } from '../routes.ts';

/** What is published: every kind with its name, over time. */
export function Kinds(): JSX.Element {
  const range = rangeOf(useRouter().query);
  const full = useAnswer(routes.full(range));
  return (
    <Page title="Kinds" lead="What is published, by the kind of event." ranged>
      <Answered
        loaded={full}
        isEmpty={({ timeline }) => timeline.length === 0}
        empty={<Empty title="No events in this span" />}
      >
        {(answer) => (
          <>
            <Engagement figures={answer.data.engagement} />
            <div class="plates">
              <EventsPlate answer={answer} />
              <PickedKind range={range} />
              <KindTable answer={answer} range={range} />
            </div>
          </>
        )}
      </Answered>
    </Page>
  );
}

function Engagement({ figures }: { figures: EngagementFigures }): JSX.Element {
  const { replies, reactions, reposts, zaps, perNote } = figures;
  return (
    <dl class="key-figures">
      <KeyFigure name="Replies" value={formatShort(replies)} title={formatCount(replies)} />
      <KeyFigure name="Reactions" value={formatShort(reactions)} title={formatCount(reactions)} />
      <KeyFigure
        name="Reposts and zaps"
        value={formatShort(reposts)}
        title={formatCount(reposts)}
        note={`and ${formatShort(zaps)} zaps`}
      />
      <KeyFigure
        name="Answers to a note"
        value={perNote === null ? '–' : perNote.toFixed(1)}
        note="replies, reactions, reposts and zaps"
      />
    </dl>
  );
}

function PickedKind({ range }: { range: Range }): JSX.Element | null {
  const { query } = useRouter();
  const picked = query.get('kind') ?? '';
  const kind = /^\d{1,5}$/.test(picked) ? Number(picked) : undefined;
  const route = kind === undefined ? undefined : routes.kind(kind, { range, groupBy: bucketOf(range) });
  const loaded = useAnswer(route);
  if (kind === undefined || route === undefined) return null;
  return (
    <Answered loaded={loaded} plates={1} quiet>
      {(answer) => (
        <Plate
          wide
          title={`Kind ${kind}`}
          answer={answer}
          fields={['kinds.events', 'kinds', 'events']}
          csv={route}
          table={{ columns: ['Time', 'Events'], rows: answer.data.map(({ at, events }) => [at, formatCount(events)]) }}
        >
          <TimeChart
            label={`Events of kind ${kind}`}
            height={180}
            buckets={answer.data.map(({ at, events }) => ({ at: parseBucket(at), values: [events] }))}
            series={[{ name: 'Events', tone: 3 }]}
            shape="bars"
            size={bucketOf(range)}
            format={formatShort}
          />
        </Plate>
      )}
    </Answered>
  );
}

/** Kinds that the table shows; anybody can make up new ones. */
const kindsMax = 500;

function KindTable(props: { answer: Answer<Snapshot>; range: Range }): JSX.Element {
  const { path, query } = useRouter();
  const { answer } = props;
  const kinds = answer.data.kinds.slice(0, kindsMax);
  const most = Math.max(1, ...kinds.map(({ events }) => events));
  return (
    <Plate
      wide
      title="All kinds"
      lead="Pick a kind to see it over time."
      answer={answer}
      fields={['kinds.events', 'kinds', 'events']}
      csv={routes.kinds(props.range)}
    >
      <div class="relay-table kinds-table">
        <table class="figures">
          <caption class="unseen">Events by kind</caption>
          <thead>
            <tr>
              <th scope="col">Kind</th>
              <th scope="col">Events</th>
              <th scope="col">Share</th>
              <th scope="col">Size</th>
              <th scope="col">Mean size</th>
            </tr>
          </thead>
          <tbody>
            {kinds.map(({ kind, name, events, share, bytes }) => (
              <tr key={kind}>
                <th scope="row">
                  <a href={`${path}${changedQuery(query.toString(), { kind: String(kind) })}`}>
                    <bdi>{name}</bdi> {name === `Kind ${kind}` ? null : <span class="soft">{kind}</span>}
                  </a>
                  <span class="share-track" aria-hidden="true">
                    <span class="fill tone-1" style={{ width: `${(events / most) * 100}%` }} />
                  </span>
                </th>
                <td>{formatCount(events)}</td>
                <td>{formatShare(share)}</td>
                <td>{formatBytes(bytes)}</td>
                <td>{bytes === null || events === 0 ? '–' : formatBytes(Math.round(bytes / events))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Plate>
  );
}
