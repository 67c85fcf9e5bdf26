import type { UsageHour } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Bucket, Series } from '../charts/series.ts';
import { ShareBars } from '../charts/share-bars.tsx';
import { TimeChart } from '../charts/time-chart.tsx';
import { formatCount } from '../format.ts';
import { Empty } from '../parts/states.tsx';
import { useSurroundings } from '../surroundings.ts';
import { useFetched } from './call.ts';
import { Select } from './forms.tsx';
import { Loading } from './frame.tsx';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const spans = {
  '2': { name: 'two days, by the hour', size: 'hour' },
  '7': { name: 'a week, by the hour', size: 'hour' },
  '31': { name: 'a month, by the day', size: 'day' },
} as const;
type Span = keyof typeof spans;

const series: readonly Series[] = [
  { name: 'Answered', tone: 1 },
  { name: 'Refused', tone: 2 },
];

/** What a key was used for, over time and by route. */
export function KeyUsage({ id, name }: { id: string; name: string }): JSX.Element {
  const { now } = useSurroundings();
  const [span, setSpan] = useState<Span>('7');
  // The end of the hour: the same path for an hour, so that it is asked for once.
  const [untilMs] = useState(() => Math.ceil(now() / hourMs) * hourMs);
  const query = new URLSearchParams({
    since: new Date(untilMs - Number(span) * dayMs).toISOString(),
    until: new Date(untilMs).toISOString(),
  });
  const usage = useFetched<{ items: readonly UsageHour[]; total: number }>(`/keys/${id}/usage?${query}`);
  return (
    <div class="usage">
      <Select
        label="Show"
        value={span}
        choices={Object.entries(spans).map(([value, { name: words }]) => [value, words])}
        onChosen={(value) => setSpan(value as Span)}
      />
      <Loading of={usage}>
        {({ items, total }) =>
          total === 0 ? (
            <Empty title="Not used in this span" />
          ) : (
            <>
              <TimeChart
                label={`Requests with ${name}`}
                buckets={bucketsOf(items, { span, untilMs, nowMs: now() })}
                series={series}
                shape="bars"
                size={spans[span].size}
                height={180}
                format={formatCount}
              />
              <Routes items={items} total={total} />
            </>
          )
        }
      </Loading>
    </div>
  );
}

/** One bar for each hour or day, also where there was nothing. */
function bucketsOf(
  items: readonly UsageHour[],
  { span, untilMs, nowMs }: { span: Span; untilMs: number; nowMs: number },
): Bucket[] {
  const step = spans[span].size === 'hour' ? hourMs : dayMs;
  const last = Math.floor((untilMs - 1) / step) * step;
  const count = Math.round((Number(span) * dayMs) / step);
  const sums = new Map<number, { requests: number; refused: number }>();
  for (const { hour, requests, refused } of items) {
    const at = Math.floor(Date.parse(hour) / step) * step;
    const sum = sums.get(at) ?? { requests: 0, refused: 0 };
    sums.set(at, { requests: sum.requests + requests, refused: sum.refused + refused });
  }
  return Array.from({ length: count }, (_, place) => {
    const at = last - (count - 1 - place) * step;
    const { requests, refused } = sums.get(at) ?? { requests: 0, refused: 0 };
    return { at, values: [requests - refused, refused], open: at + step > nowMs };
  });
}

function Routes({ items, total }: { items: readonly UsageHour[]; total: number }): JSX.Element {
  const counts = new Map<string, number>();
  for (const { routes } of items) {
    for (const [route, count] of Object.entries(routes)) counts.set(route, (counts.get(route) ?? 0) + count);
  }
  const rows = [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 12)
    .map(([route, count]) => ({ key: route, name: route, figure: formatCount(count), share: count / total }));
  return (
    <ShareBars rows={rows} heads={['Route', 'Requests', 'Share']} caption={`${formatCount(total)} requests by route`} />
  );
}
