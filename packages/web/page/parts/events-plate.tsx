import type { Answer, Snapshot, TimelinePoint } from '@nostrata/observatory';
import type { JSX } from 'preact';
import type { Bucket } from '../charts/series.ts';
import { TimeChart } from '../charts/time-chart.tsx';
import { formatCount, formatShort, parseBucket } from '../format.ts';
import { bucketOf, routes } from '../routes.ts';
import { Plate } from './plate.tsx';

/** All events of a range over time, by the kinds that most are of. */
export function EventsPlate({ answer }: { answer: Answer<Snapshot> }): JSX.Element {
  const { timeline, range } = answer.data;
  const rest = ({ events, notes, reactions, reposts, zaps }: TimelinePoint): number =>
    Math.max(0, events - notes - reactions - reposts - zaps);
  return (
    <Plate
      wide
      title="Events"
      lead="What was published and not deleted, each event once, however many relays have it."
      answer={answer}
      fields={['timeline.events', 'timeline', 'overview.events']}
      csv={routes.activity(range)}
      table={{
        columns: ['Time', 'Events', 'Notes', 'Reactions', 'Reposts', 'Zaps', 'Others'],
        rows: timeline.map((point) => [
          point.at,
          ...[point.events, point.notes, point.reactions, point.reposts, point.zaps, rest(point)].map(formatCount),
        ]),
      }}
    >
      <TimeChart
        label="Events by kind"
        height={260}
        buckets={timeline.map((point) =>
          bucketOfPoint(point, [point.notes, point.reactions, point.reposts, point.zaps, rest(point)]),
        )}
        series={[
          { name: 'Notes', tone: 1 },
          { name: 'Reactions', tone: 2 },
          { name: 'Reposts', tone: 3 },
          { name: 'Zaps', tone: 4 },
          { name: 'Others', tone: 7 },
        ]}
        shape="bars"
        size={bucketOf(range)}
        format={formatShort}
      />
    </Plate>
  );
}

/** A point of the timeline as a chart takes it. */
export function bucketOfPoint({ at, open }: TimelinePoint, values: readonly (number | null)[]): Bucket {
  return { at: parseBucket(at), values, open };
}
