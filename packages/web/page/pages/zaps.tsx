import type { Answer, Range, Snapshot } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { useAnswer } from '../api.ts';
import { Histogram } from '../charts/histogram.tsx';
import { TimeChart } from '../charts/time-chart.tsx';
import { formatCount, formatSats, formatShort, parseBucket } from '../format.ts';
import { KeyFigure } from '../parts/key-figure.tsx';
import { Page } from '../parts/page.tsx';
import { Plate } from '../parts/plate.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { rangeOf, useRouter } from '../router.ts';
import { bucketOf, routes } from '../routes.ts';

/** What was zapped: validated receipts by their invoices, and what was left out of the sums. */
export function Zaps(): JSX.Element {
  const range = rangeOf(useRouter().query);
  const loaded = useAnswer(routes.full(range));
  return (
    <Page
      title="Zaps"
      lead="Payments that their receipts prove: amounts are read from the invoices, each invoice counts once."
      ranged
    >
      <Answered
        loaded={loaded}
        isEmpty={({ zaps }) => zaps.count.now === 0 && zaps.suspect.count === 0}
        empty={<Empty title="No zaps in this span" />}
      >
        {(answer) => (
          <>
            <Sums answer={answer} />
            <div class="plates">
              <VolumePlate range={range} />
              <SizesPlate answer={answer} />
              <LeftOut answer={answer} />
            </div>
          </>
        )}
      </Answered>
    </Page>
  );
}

function Sums({ answer }: { answer: Answer<Snapshot> }): JSX.Element {
  const { count, msat, senders, recipients, averageMsat, medianMsat } = answer.data.zaps;
  return (
    <dl class="key-figures">
      <KeyFigure
        name="Zapped"
        value={formatSats(msat.now)}
        unit="sats"
        title={`${formatCount(msat.now / 1000)} sats`}
        trend={msat}
      />
      <KeyFigure name="Zaps" value={formatShort(count.now)} title={formatCount(count.now)} trend={count} />
      <KeyFigure
        name="Median zap"
        value={formatSats(medianMsat)}
        unit="sats"
        note={`${formatSats(averageMsat)} on average`}
      />
      <KeyFigure name="People" value={formatShort(senders)} note={`sent to ${formatShort(recipients)}`} />
    </dl>
  );
}

function VolumePlate({ range }: { range: Range }): JSX.Element {
  const route = routes.zaps({ range, groupBy: bucketOf(range) });
  const loaded = useAnswer(route);
  const size = bucketOf(range);
  return (
    <Answered loaded={loaded} plates={1} quiet>
      {(answer) => (
        <>
          <Plate
            title="Satoshi zapped"
            answer={answer}
            fields={['msat', 'zaps.msat', 'zaps']}
            csv={route}
            table={{
              columns: ['Time', 'Sats', 'Zaps'],
              rows: answer.data.map(({ at, count, msat }) => [at, formatCount(msat / 1000), formatCount(count)]),
            }}
          >
            <TimeChart
              label="Satoshi zapped"
              buckets={answer.data.map(({ at, msat }) => ({ at: parseBucket(at), values: [msat] }))}
              series={[{ name: 'Sats', tone: 4 }]}
              shape="bars"
              size={size}
              format={formatSats}
            />
          </Plate>
          <Plate title="Zaps" answer={answer} fields={['count', 'zaps.count', 'zaps']} csv={route}>
            <TimeChart
              label="Zaps"
              buckets={answer.data.map(({ at, count }) => ({ at: parseBucket(at), values: [count] }))}
              series={[{ name: 'Zaps', tone: 2 }]}
              shape="bars"
              size={size}
              format={formatShort}
            />
          </Plate>
        </>
      )}
    </Answered>
  );
}

function SizesPlate({ answer }: { answer: Answer<Snapshot> }): JSX.Element {
  const { histogram } = answer.data.zaps;
  const spanOf = (from: number, to: number | null): string =>
    to === null ? `${formatCount(from)} and more` : `${formatCount(from)}–${formatCount(to - 1)}`;
  return (
    <Plate
      title="How large zaps are"
      lead="Zaps by satoshi; each bar begins at the amount below it."
      answer={answer}
      fields={['zaps.histogram', 'zaps']}
      csv={routes.zapHistogram(answer.data.range)}
      table={{
        columns: ['Sats', 'Zaps', 'Sum in sats'],
        rows: histogram.map(({ from, to, count, msat }) => [
          spanOf(from, to),
          formatCount(count),
          formatCount(msat / 1000),
        ]),
      }}
    >
      <Histogram
        label={`Zaps by size, ${histogram.length} buckets; the table has the figures`}
        tone={4}
        format={formatShort}
        bars={histogram.map(({ from, to, count }) => ({
          label: formatShort(from),
          value: count,
          title: `${spanOf(from, to)} sats: ${formatCount(count)} zaps`,
        }))}
      />
    </Plate>
  );
}

function LeftOut({ answer }: { answer: Answer<Snapshot> }): JSX.Element {
  const { suspect, invalid, duplicates } = answer.data.zaps;
  const faults = Object.entries(invalid).sort(([, a], [, b]) => b - a);
  return (
    <Plate
      title="In no sum"
      lead="Receipts that were seen, and why they do not count."
      answer={answer}
      fields={['zaps.suspect', 'zaps.invalid', 'zaps']}
    >
      <table class="figures plain">
        <caption class="unseen">Receipts that do not count</caption>
        <thead>
          <tr>
            <th scope="col">Why</th>
            <th scope="col">Receipts</th>
            <th scope="col">Sats</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Too large to believe (suspect)</th>
            <td>{formatCount(suspect.count)}</td>
            <td>{formatSats(suspect.msat)}</td>
          </tr>
          <tr>
            <th scope="row">Further receipts for one invoice</th>
            <td>{formatCount(duplicates)}</td>
            <td>–</td>
          </tr>
          {faults.map(([fault, count]) => (
            <tr key={fault}>
              <th scope="row">Not valid: {fault.replaceAll('-', ' ')}</th>
              <td>{formatCount(count)}</td>
              <td>–</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Plate>
  );
}
