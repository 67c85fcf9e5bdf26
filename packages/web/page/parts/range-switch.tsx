import type { Range } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { changedQuery, rangeOf, ranges, useRouter } from '../router.ts';

const nameByRange: Readonly<Record<Range, string>> = {
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
  '90d': '90 days',
  all: 'All time',
};

/** The span of time that a page is about; it stands in the address, so that a link shows the same. */
export function RangeSwitch(): JSX.Element {
  const { path, query } = useRouter();
  const current = rangeOf(query);
  return (
    <nav class="range-switch" aria-label="Span of time">
      {ranges.map((range) => (
        <a
          key={range}
          href={`${path}${changedQuery(query.toString(), { range })}`}
          aria-current={range === current ? 'true' : undefined}
          title={nameByRange[range]}
        >
          {range === 'all' ? 'All' : range}
        </a>
      ))}
    </nav>
  );
}
