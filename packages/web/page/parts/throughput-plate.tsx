import type { JSX } from 'preact';
import { useAnswer } from '../api.ts';
import { TimeChart } from '../charts/time-chart.tsx';
import { formatBytes, formatCount, formatShort, parseBucket } from '../format.ts';
import { routes } from '../routes.ts';
import { Plate } from './plate.tsx';
import { Answered, Empty } from './states.tsx';

/** What relays sent in the last day: how much of it was new, and how much was already known. */
export function ThroughputPlate(): JSX.Element {
  const route = routes.throughput({ range: '24h', groupBy: 'hour' });
  return (
    <Answered loaded={useAnswer(route)} plates={1} quiet>
      {(answer) => (
        <Plate
          wide
          title="Received in the last day"
          lead="By the time of receipt. Most of what relays send is known already: the same event comes from many."
          answer={answer}
          fields={['throughput', 'received', 'unique']}
          csv={route}
          table={{
            columns: ['Time', 'Received', 'New', 'Invalid', 'Size'],
            rows: answer.data.map(({ at, received, unique, invalid, bytes }) => [
              at,
              ...[received, unique, invalid].map(formatCount),
              formatBytes(bytes),
            ]),
          }}
        >
          {answer.data.every(({ received }) => received === 0) ? (
            <Empty title="Nothing was received yet" />
          ) : (
            <TimeChart
              label="Events received"
              height={160}
              buckets={answer.data.map(({ at, received, unique, invalid }) => ({
                at: parseBucket(at),
                values: [unique, invalid, Math.max(0, received - unique - invalid)],
              }))}
              series={[
                { name: 'New', tone: 1 },
                { name: 'Invalid', tone: 4 },
                { name: 'Known already', tone: 7 },
              ]}
              shape="bars"
              size="hour"
              format={formatShort}
            />
          )}
        </Plate>
      )}
    </Answered>
  );
}
