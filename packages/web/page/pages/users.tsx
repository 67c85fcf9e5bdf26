import type { ActivePoint, Answer, Cohort, Range, UserTiers } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { useAnswer } from '../api.ts';
import { CohortCurves } from '../charts/cohort-curves.tsx';
import { CohortMap } from '../charts/cohort-map.tsx';
import type { Series } from '../charts/series.ts';
import { TimeChart } from '../charts/time-chart.tsx';
import { formatCount, formatShare, formatShort, parseBucket } from '../format.ts';
import { KeyFigure } from '../parts/key-figure.tsx';
import { Page } from '../parts/page.tsx';
import { Plate } from '../parts/plate.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { Switch } from '../parts/switch.tsx';
import { rangeOf, useRouter } from '../router.ts';
import { type Route, routes } from '../routes.ts';

/** Who publishes: by how much stands behind a key, who is new, and who comes back. */
export function Users(): JSX.Element {
  const range = rangeOf(useRouter().query);
  const loaded = useAnswer(routes.full(range));
  return (
    <Page
      title="Users"
      lead="Keys that published something. A key costs nothing: the tiers say how much stands behind it."
      ranged
    >
      <Answered
        loaded={loaded}
        isEmpty={({ users }) => users.total.all === 0}
        empty={<Empty title="Nobody has published yet" />}
      >
        {({ data }) => (
          <>
            <Tiers active={data.users.active} total={data.users.total} />
            <div class="plates">
              <ActivePlates range={range} />
              <RetentionPlate />
            </div>
          </>
        )}
      </Answered>
    </Page>
  );
}

function Tiers({ active, total }: { active: UserTiers; total: UserTiers }): JSX.Element {
  const share = (value: number): string => `${formatShare(active.all === 0 ? null : value / active.all)} of the active`;
  return (
    <dl class="key-figures">
      <KeyFigure
        name="Active"
        value={formatShort(active.all)}
        title={formatCount(active.all)}
        note={`${formatShort(total.all)} ever`}
      />
      <KeyFigure name="With profile" value={formatShort(active.withProfile)} note={share(active.withProfile)} />
      <KeyFigure name="With profile and follows" value={formatShort(active.withBoth)} note={share(active.withBoth)} />
      {active.trusted === null ? (
        <KeyFigure name="With follows" value={formatShort(active.withFollows)} note={share(active.withFollows)} />
      ) : (
        <KeyFigure name="Trusted" value={formatShort(active.trusted)} note="within two steps of the anchors" />
      )}
    </dl>
  );
}

const tiers: readonly (Series & { read(point: ActivePoint): number | null })[] = [
  { name: 'All', tone: 7, read: ({ all }) => all },
  { name: 'With profile', tone: 1, read: ({ withProfile }) => withProfile },
  { name: 'With follows', tone: 2, read: ({ withFollows }) => withFollows },
  { name: 'With both', tone: 3, read: ({ withBoth }) => withBoth },
  { name: 'Trusted', tone: 4, read: ({ trusted }) => trusted },
];

type Period = 'day' | 'week' | 'month';
const periods: readonly (readonly [Period, string])[] = [
  ['day', 'by day'],
  ['week', 'by week'],
  ['month', 'by month'],
];

function ActivePlates({ range }: { range: Range }): JSX.Element {
  const { query } = useRouter();
  const usual: Period = range === 'all' ? 'month' : 'day';
  const groupBy = periods.find(([period]) => period === query.get('by'))?.[0] ?? usual;
  // One day has no course: the shortest that is drawn is a week.
  const route = routes.activeUsers({ range: range === '24h' ? '7d' : range, groupBy });
  const loaded = useAnswer(route);
  return (
    <Answered loaded={loaded} plates={1} quiet>
      {(answer) => {
        const shown = tiers.filter(
          ({ name }) => name !== 'Trusted' || answer.data.some(({ trusted }) => trusted !== null),
        );
        return (
          <>
            <Plate
              wide
              title="Active users by tier"
              lead="Different keys in each bucket: nobody counts twice in one."
              answer={answer}
              fields={['active', 'all', 'users.active', 'users', 'timeline.users']}
              csv={route}
              table={{
                columns: ['Time', ...shown.map(({ name }) => name)],
                rows: answer.data.map((point) => [point.at, ...shown.map(({ read }) => formatCount(read(point)))]),
              }}
            >
              <Switch name="by" label="Length of a bucket" choices={periods} current={groupBy} />
              <TimeChart
                label="Active users by tier"
                height={260}
                buckets={answer.data.map((point) => ({
                  at: parseBucket(point.at),
                  open: point.open,
                  values: shown.map(({ read }) => read(point)),
                }))}
                series={shown}
                shape="lines"
                size={groupBy}
                format={formatShort}
              />
            </Plate>
            <NewUsersPlate answer={answer} route={route} size={groupBy} />
          </>
        );
      }}
    </Answered>
  );
}

interface NewUsersProps {
  readonly answer: Answer<readonly ActivePoint[]>;
  readonly route: Route<unknown>;
  readonly size: Period;
}

function NewUsersPlate({ answer, route, size }: NewUsersProps): JSX.Element {
  return (
    <Plate
      wide
      title="New users"
      lead="Keys whose first known event is in the bucket."
      answer={answer}
      fields={['newUsers', 'users.newUsers', 'users']}
      csv={route}
      table={{
        columns: ['Time', 'New users'],
        rows: answer.data.map(({ at, newUsers }) => [at, formatCount(newUsers)]),
      }}
    >
      <TimeChart
        label="New users"
        height={180}
        buckets={answer.data.map(({ at, open, newUsers }) => ({
          at: parseBucket(at),
          open,
          values: [newUsers],
        }))}
        series={[{ name: 'New users', tone: 2 }]}
        shape="bars"
        size={size}
        format={formatShort}
      />
    </Plate>
  );
}

const cohortPeriods: readonly (readonly ['week' | 'month', string])[] = [
  ['week', 'weekly'],
  ['month', 'monthly'],
];

function RetentionPlate(): JSX.Element {
  const { query } = useRouter();
  const period = query.get('cohorts') === 'month' ? 'month' : 'week';
  const route = routes.retention(period, 12);
  const loaded = useAnswer(route);
  return (
    <Answered loaded={loaded} plates={1} quiet>
      {(answer) => (
        <Plate
          wide
          title="Who comes back"
          lead="Of the users that began together, the percentage that published again, by the time since. The range above does not change it."
          answer={answer}
          fields={['retention', 'users.retention', 'users']}
          csv={route}
        >
          <Switch name="cohorts" label="Length of a cohort" choices={cohortPeriods} current={period} />
          {answer.data.length === 0 ? (
            <Empty title="No cohort is old enough yet" />
          ) : (
            <Cohorts cohorts={answer.data} period={period} />
          )}
        </Plate>
      )}
    </Answered>
  );
}

function Cohorts({ cohorts, period }: { cohorts: readonly Cohort[]; period: 'week' | 'month' }): JSX.Element {
  return (
    <div class="cohort-parts">
      <CohortMap cohorts={cohorts} period={period} />
      <CohortCurves cohorts={cohorts} period={period} />
    </div>
  );
}
