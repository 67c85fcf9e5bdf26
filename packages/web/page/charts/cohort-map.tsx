import type { Cohort } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { formatBucket, formatCount, formatShare } from '../format.ts';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { averageRetention } from './cohort-curves.tsx';
import { heatStep } from './heat.ts';
import { HeatKey } from './hour-map.tsx';

/** Users that began together, and the share of them that came back: a table with coloured cells. */
export function CohortMap({ cohorts, period }: { cohorts: readonly Cohort[]; period: 'week' | 'month' }): JSX.Element {
  const periods = Math.max(0, ...cohorts.map(({ active }) => active.length));
  const later = cohorts.flatMap(({ active }) => active.slice(1));
  const most = Math.max(0.01, ...later);
  return (
    <div>
      <ScrollBox label={`Cohorts by ${period}`} plain>
        <table class="heat cohorts">
          <caption class="unseen">Share of each cohort that was active in the {period}s after it began</caption>
          <thead>
            <tr>
              <th scope="col">Began</th>
              <th scope="col">Users</th>
              {Array.from({ length: periods }, (_, age) => (
                <th key={`${age}`} scope="col">
                  {age === 0 ? `${period === 'week' ? 'Week' : 'Month'} 0` : `+${age}`}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {cohorts.map(({ from, users, active, lastOpen }) => (
              <tr key={from}>
                <th scope="row">{formatBucket(from, period)}</th>
                <td class="figure">{formatCount(users)}</td>
                {active.map((share, age) => (
                  <Cell
                    key={`${age}`}
                    share={share}
                    step={age === 0 ? 5 : heatStep(share, [0, most])}
                    open={lastOpen && age === active.length - 1}
                  />
                ))}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">All</th>
              <td class="figure">{formatCount(cohorts.reduce((sum, { users }) => sum + users, 0))}</td>
              {averageRetention(cohorts).map((share, age) => (
                <td key={`${age}`}>{share === null ? '' : Math.round(share * 100)}</td>
              ))}
            </tr>
          </tfoot>
        </table>
      </ScrollBox>
      <HeatKey from="0 %" to={formatShare(most)} unit={`came back; dashed: the ${period} has not ended`} />
    </div>
  );
}

function Cell({ share, step, open }: { share: number; step: number; open: boolean }): JSX.Element {
  return (
    <td class={`heat-${step}${open ? ' open' : ''}`}>
      {Math.round(share * 100)}
      {open ? <span class="unseen"> so far</span> : null}
    </td>
  );
}
