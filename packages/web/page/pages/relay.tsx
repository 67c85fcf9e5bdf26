import type { Answer, LatencyPoint, Range, RelayDetails } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { useAnswer } from '../api.ts';
import { TimeChart } from '../charts/time-chart.tsx';
import { UptimeStrip } from '../charts/uptime-strip.tsx';
import { formatBytes, formatCount, formatInstant, formatMs, formatShare, formatShort, parseBucket } from '../format.ts';
import { KeyFigure } from '../parts/key-figure.tsx';
import { Page } from '../parts/page.tsx';
import { Plate } from '../parts/plate.tsx';
import { RelayInformation } from '../parts/relay-information.tsx';
import { StateMark, shortUrl } from '../parts/relay-table.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { rangeOf, useRouter, withRange } from '../router.ts';
import { routes, type SeriesQuery } from '../routes.ts';

/** One relay: its figures, its course, and what it says of itself. */
export function Relay({ url }: { url: string }): JSX.Element {
  const range = rangeOf(useRouter().query);
  const loaded = useAnswer(routes.relay(url, range));
  return (
    <Page
      title={shortUrl(url)}
      ranged
      lead={
        <>
          <a href={withRange('/relays', range)}>All relays</a> ·{' '}
          <a href={`/query?relay=${encodeURIComponent(url)}`}>Ask this relay</a>
        </>
      }
    >
      <Answered loaded={loaded}>{(answer) => <Details answer={answer} range={range} />}</Answered>
    </Page>
  );
}

function seriesOf(range: Range): SeriesQuery {
  if (range === '24h' || range === '7d') return { range, groupBy: 'hour' };
  return { range, groupBy: range === 'all' ? 'month' : 'day' };
}

function Details({ answer, range }: { answer: Answer<RelayDetails>; range: Range }): JSX.Element {
  const relay = answer.data;
  const query = seriesOf(range);
  return (
    <>
      <p class="relay-state">
        <StateMark state={relay.state} /> <strong>{relay.state}</strong>
        {relay.connected ? ', connected' : ', not connected'} · last probe {instantOr(relay.lastProbe)} · last failure{' '}
        {instantOr(relay.lastFailure)}
      </p>
      <dl class="key-figures">
        <KeyFigure name="Uptime" value={formatShare(relay.uptime)} note="of all probes" />
        <KeyFigure
          name="Opens, median"
          value={formatMs(relay.openMs.p50)}
          note={`95 % within ${formatMs(relay.openMs.p95)}`}
        />
        <KeyFigure
          name="Answers, median"
          value={formatMs(relay.readMs.p50)}
          note={`95 % within ${formatMs(relay.readMs.p95)}`}
        />
        <KeyFigure
          name="Events delivered"
          value={formatShort(relay.events)}
          title={formatCount(relay.events)}
          note={formatBytes(relay.bytes)}
        />
        <KeyFigure
          name="Delivered first"
          value={formatShort(relay.novel)}
          note={relay.events > 0 ? `${formatShare(relay.novel / relay.events)} of its events` : undefined}
        />
        <KeyFigure name="Came again" value={formatShort(relay.repeats)} note="sent more than once" />
        <KeyFigure name="Invalid" value={formatShort(relay.invalid)} note="id or signature wrong" />
        <KeyFigure
          name="Known since"
          value={formatInstant(relay.firstSeen).replace(/,.*/, '')}
          note={sourceNames[relay.source]}
        />
      </dl>
      <div class="plates">
        <LatencyPlate url={relay.url} query={query} />
        <UptimePlate url={relay.url} query={query} />
        <EventsPlate url={relay.url} query={query} />
        <RelayInformation relay={relay} />
      </div>
    </>
  );
}

const sourceNames: Readonly<Record<RelayDetails['source'], string>> = {
  seed: 'from the list we began with',
  nip65: 'from people’s relay lists',
  nip66: 'from relay monitors',
  operator: 'named by the operator',
};

function instantOr(at: string | null): string {
  return at === null ? 'never' : formatInstant(at);
}

interface SeriesProps {
  readonly url: string;
  readonly query: SeriesQuery;
}

const phases: readonly (readonly [
  name: string,
  tone: 1 | 2 | 3 | 4 | 5 | 6,
  read: (point: LatencyPoint) => number | null,
])[] = [
  ['Opens', 1, ({ openMs }) => openMs.p50],
  ['Opens, p95', 5, ({ openMs }) => openMs.p95],
  ['Answers', 2, ({ readMs }) => readMs.p50],
  ['All stored events', 3, ({ eoseMs }) => eoseMs.p50],
  ['Information', 4, ({ informationMs }) => informationMs.p50],
  ['DNS', 6, ({ dnsMs }) => dnsMs.p50],
];

function LatencyPlate({ url, query }: SeriesProps): JSX.Element {
  const route = routes.latency(url, query);
  const loaded = useAnswer(route);
  return (
    <Answered loaded={loaded} plates={1} quiet>
      {(answer) => (
        <Plate
          wide
          title="How fast it answers"
          lead="Medians by phase of a probe. A gap is a bucket without a measurement."
          answer={answer}
          fields={['latency', 'openMs', 'relays.openMs']}
          csv={route}
          table={{
            columns: ['Time', ...phases.map(([name]) => name)],
            rows: answer.data.map((point) => [point.at, ...phases.map(([, , read]) => formatMs(read(point)))]),
          }}
        >
          {answer.data.length === 0 ? (
            <Empty title="Not probed in this span" />
          ) : (
            <TimeChart
              label="Times of probes"
              buckets={answer.data.map((point) => ({
                at: parseBucket(point.at),
                values: phases.map(([, , read]) => read(point)),
              }))}
              series={phases.map(([name, tone]) => ({ name, tone }))}
              shape="lines"
              size={query.groupBy}
              format={formatMs}
            />
          )}
        </Plate>
      )}
    </Answered>
  );
}

function UptimePlate({ url, query }: SeriesProps): JSX.Element {
  const route = routes.uptime(url, query);
  const loaded = useAnswer(route);
  return (
    <Answered loaded={loaded} plates={1} quiet>
      {(answer) => {
        const outages = answer.data.filter(({ outage }) => outage).length;
        return (
          <Plate
            title="Availability"
            lead={`${outages === 0 ? 'No outage' : `Outage in ${outages} of ${answer.data.length} buckets`}: two failures of three probes in a row, unless our own network was down.`}
            answer={answer}
            fields={['uptime', 'relays.uptime']}
            csv={route}
            table={{
              columns: ['Time', 'Probes', 'Failures', 'Outage'],
              rows: answer.data.map(({ at, probes, failures, outage }) => [
                at,
                probes,
                failures,
                outage ? 'yes' : 'no',
              ]),
            }}
          >
            {answer.data.length === 0 ? <Empty title="Not probed in this span" /> : null}
            <div class="big-strip" hidden={answer.data.length === 0}>
              <UptimeStrip
                label="Availability by bucket"
                pieces={answer.data.map(({ probes, failures }) => (probes === 0 ? null : 1 - failures / probes))}
              />
            </div>
            <p class="legend">
              <span class="legend-entry">
                <i class="swatch up" />
                answered
              </span>
              <span class="legend-entry">
                <i class="swatch shaky" />
                some failed
              </span>
              <span class="legend-entry">
                <i class="swatch down" />
                mostly down
              </span>
              <span class="legend-entry">
                <i class="swatch none" />
                not probed
              </span>
            </p>
          </Plate>
        );
      }}
    </Answered>
  );
}

function EventsPlate({ url, query }: SeriesProps): JSX.Element {
  const route = routes.relayEvents(url, query);
  const loaded = useAnswer(route);
  return (
    <Answered loaded={loaded} plates={1} quiet>
      {(answer) => (
        <Plate
          title="What it delivered"
          lead="By the time of receipt. First here: no other relay had sent the event before."
          answer={answer}
          fields={['events', 'topRelays.events', 'topRelays']}
          csv={route}
          table={{
            columns: ['Time', 'Events', 'First here', 'Again', 'Invalid'],
            rows: answer.data.map(({ at, events, novel, repeats, invalid }) => [
              at,
              ...[events, novel, repeats, invalid].map(formatCount),
            ]),
          }}
        >
          <TimeChart
            label="Events delivered"
            buckets={answer.data.map(({ at, events, novel }) => ({
              at: parseBucket(at),
              values: [novel, events - novel],
            }))}
            series={[
              { name: 'First here', tone: 2 },
              { name: 'Known already', tone: 5 },
            ]}
            shape="bars"
            size={query.groupBy}
            format={formatShort}
          />
        </Plate>
      )}
    </Answered>
  );
}
