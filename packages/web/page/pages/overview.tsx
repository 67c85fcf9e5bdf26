import type { Answer, Snapshot, TimelinePoint, Trend } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { useAnswer } from '../api.ts';
import { ShareBars } from '../charts/share-bars.tsx';
import { TimeChart } from '../charts/time-chart.tsx';
import { formatCount, formatMs, formatSats, formatShare, formatShort } from '../format.ts';
import { bucketOfPoint, EventsPlate } from '../parts/events-plate.tsx';
import { KeyFigure, type KeyFigureProps } from '../parts/key-figure.tsx';
import { LiveBand } from '../parts/live-band.tsx';
import { Page } from '../parts/page.tsx';
import { Plate } from '../parts/plate.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { rangeOf, useRouter, withRange } from '../router.ts';
import { bucketOf, routes } from '../routes.ts';

/** The first thing to look at: what arrives now, the key figures, and where to look closer. */
export function Overview(): JSX.Element {
  const range = rangeOf(useRouter().query);
  const loaded = useAnswer(routes.full(range));
  return (
    <Page title="The Nostr network, measured" tab="Overview" ranged>
      <LiveBand />
      <Answered
        loaded={loaded}
        isEmpty={({ overview }) => overview.eventsTotal === 0}
        empty={
          <Empty title="Nothing was collected yet">
            Figures appear here within five minutes of the first event. The band above shows what arrives now.
          </Empty>
        }
      >
        {(answer) => <Figures answer={answer} />}
      </Answered>
    </Page>
  );
}

function Figures({ answer }: { answer: Answer<Snapshot> }): JSX.Element {
  const { overview, timeline, range } = answer.data;
  return (
    <>
      <KeyFigures answer={answer} />
      <div class="plates">
        <EventsPlate answer={answer} />
        <UsersPlate answer={answer} />
        <Plate
          title="Zapped"
          lead="Satoshi of validated zaps, read from their invoices."
          answer={answer}
          fields={['timeline.zapMsat', 'zaps.msat', 'zaps']}
          csv={routes.activity(range)}
          table={tableOf(timeline, 'Sats', ({ zapMsat }) => formatSats(zapMsat))}
        >
          <TimeChart
            label="Satoshi zapped"
            buckets={timeline.map((point) => bucketOfPoint(point, [point.zapMsat]))}
            series={[{ name: 'Sats', tone: 4 }]}
            shape="bars"
            size={bucketOf(range)}
            format={formatSats}
          />
        </Plate>
        <Tops answer={answer} />
      </div>
      <p class="unseen">{formatCount(overview.eventsTotal)} events were counted in all.</p>
    </>
  );
}

function UsersPlate({ answer }: { answer: Answer<Snapshot> }): JSX.Element {
  const { timeline, range } = answer.data;
  return (
    <Plate
      title="Active users"
      lead="Keys that published something in each bucket. Most have no profile: see the tiers on the page of users."
      answer={answer}
      fields={['timeline.users', 'users.active', 'users']}
      csv={routes.activity(range)}
      table={tableOf(timeline, 'Users', ({ users }) => formatCount(users))}
    >
      {timeline.some(({ users }) => users !== null) ? (
        <TimeChart
          label="Active users"
          buckets={timeline.map((point) => bucketOfPoint(point, [point.users, point.newUsers]))}
          series={[
            { name: 'Active', tone: 1 },
            { name: 'New', tone: 2 },
          ]}
          shape="lines"
          size={bucketOf(range)}
          format={formatShort}
        />
      ) : (
        <Empty title="Users are counted by the day">A longer span shows their course.</Empty>
      )}
    </Plate>
  );
}

function KeyFigures({ answer }: { answer: Answer<Snapshot> }): JSX.Element {
  return (
    <dl class="key-figures">
      {keyFigures(answer.data).map((figure) => (
        <KeyFigure key={figure.name} {...figure} />
      ))}
    </dl>
  );
}

function keyFigures({ overview, timeline, range }: Snapshot): readonly KeyFigureProps[] {
  const closed = timeline.filter(({ open }) => !open);
  const { users, usersBefore, relays, zapMsat } = overview;
  const counted = (name: string, trend: Trend, read: (point: TimelinePoint) => number | null): KeyFigureProps => ({
    name,
    value: formatShort(trend.now),
    title: formatCount(trend.now),
    trend,
    // What is not counted for buckets of this size has no course.
    course: closed.some((point) => read(point) !== null) ? closed.map((point) => read(point) ?? 0) : undefined,
  });
  const answers = formatMs(overview.readMs.p50);
  return [
    { ...counted('Events', overview.events, ({ events }) => events), href: withRange('/kinds', range) },
    {
      ...counted('Active users', { now: users.all, before: usersBefore?.all ?? null }, (point) => point.users),
      note: `${formatShort(users.withBoth)} with profile and follows`,
      href: withRange('/users', range),
    },
    {
      ...counted('New users', overview.newUsers, ({ newUsers }) => newUsers),
      tone: 2,
      href: withRange('/users', range),
    },
    {
      name: 'Relays online',
      value: formatShort(relays.online),
      note: `${formatShort(relays.known)} known, ${formatShort(relays.connected)} connected`,
      href: withRange('/relays', range),
    },
    counted('Notes', overview.notes, ({ notes }) => notes),
    { ...counted('Reactions', overview.reactions, ({ reactions }) => reactions), tone: 2 },
    {
      ...counted('Zapped', zapMsat, (point) => point.zapMsat),
      value: formatSats(zapMsat.now),
      title: `${formatCount(zapMsat.now / 1000)} sats`,
      unit: 'sats',
      note: `${formatShort(overview.zaps.now)} zaps`,
      tone: 4,
      href: withRange('/zaps', range),
    },
    {
      name: 'Relay answers, median',
      value: answers,
      note: `95 % within ${formatMs(overview.readMs.p95)}`,
      href: withRange('/relays', range),
    },
  ];
}

const topRows = 8;

function Tops({ answer }: { answer: Answer<Snapshot> }): JSX.Element {
  return (
    <div class="plates three wide">
      <KindsPlate answer={answer} />
      <ClientsPlate answer={answer} />
      <RelaysPlate answer={answer} />
    </div>
  );
}

function KindsPlate({ answer }: { answer: Answer<Snapshot> }): JSX.Element {
  const { kinds, range } = answer.data;
  return (
    <Plate title="Most published kinds" answer={answer} fields={['kinds.events', 'kinds']} csv={routes.kinds(range)}>
      <ShareBars
        caption="Most published kinds"
        heads={['Kind', 'Events', 'Share']}
        rows={kinds.slice(0, topRows).map(({ kind, name, events, share }) => ({
          key: String(kind),
          name: `${name} · ${kind}`,
          figure: formatShort(events),
          share,
        }))}
      />
    </Plate>
  );
}

function ClientsPlate({ answer }: { answer: Answer<Snapshot> }): JSX.Element {
  const { clients, range } = answer.data;
  return (
    <Plate
      title="Clients"
      lead={`Of events that say so; ${formatShare(clients.untaggedShare)} do not.`}
      answer={answer}
      fields={['clients.events', 'clients']}
      csv={routes.clients(range)}
    >
      <ShareBars
        caption="Clients by tagged events"
        heads={['Client', 'Events', 'Share of tagged events']}
        tone={3}
        rows={clients.clients.slice(0, topRows).map(({ name, events, shareOfTagged, address }) => ({
          key: address ?? name,
          name,
          figure: formatShort(events),
          share: shareOfTagged,
        }))}
      />
    </Plate>
  );
}

function RelaysPlate({ answer }: { answer: Answer<Snapshot> }): JSX.Element {
  const { topRelays, overview, range } = answer.data;
  return (
    <Plate
      title="Relays with most events"
      lead="Share of all events that the relay has delivered."
      answer={answer}
      fields={['topRelays.events', 'topRelays', 'relays.events']}
      csv={routes.topRelays(range)}
    >
      <ShareBars
        caption="Relays with most events"
        heads={['Relay', 'Events', 'Share of all events']}
        tone={5}
        rows={topRelays.slice(0, topRows).map(({ url, events }) => ({
          key: url,
          name: url.replace(/^wss?:\/\//, '').replace(/\/$/, ''),
          href: withRange(`/relays/${encodeURIComponent(url)}`, range),
          figure: formatShort(events),
          share: events / Math.max(1, overview.events.now),
        }))}
      />
    </Plate>
  );
}

function tableOf(
  timeline: readonly TimelinePoint[],
  name: string,
  read: (point: TimelinePoint) => string,
): { columns: string[]; rows: string[][] } {
  return { columns: ['Time', name], rows: timeline.map((point) => [point.at, read(point)]) };
}
