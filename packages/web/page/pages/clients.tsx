import type { Answer, Clients as ClientsOfRange, ClientUse } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { usePart } from '../api.ts';
import { ShareBars } from '../charts/share-bars.tsx';
import { formatCount, formatShare, formatShort } from '../format.ts';
import { Page } from '../parts/page.tsx';
import { Plate } from '../parts/plate.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { rangeOf, useRouter } from '../router.ts';
import { routes } from '../routes.ts';

/** What events say they were written with. */
export function Clients(): JSX.Element {
  const range = rangeOf(useRouter().query);
  const loaded = usePart(range, ({ clients }) => clients);
  return (
    <Page
      title="Clients"
      lead="What events say they were written with. The tag is optional, large clients leave it out, and anybody can forge it."
      ranged
    >
      <Answered
        loaded={loaded}
        isEmpty={({ taggedEvents, untaggedEvents }) => taggedEvents + untaggedEvents === 0}
        empty={<Empty title="No events in this span" />}
      >
        {(answer) => (
          <>
            <TaggedBar clients={answer.data} />
            <div class="plates">
              <ClientPlate answer={answer} title="By events" by={({ events }) => events} tone={3} />
              <ClientPlate answer={answer} title="By users" by={({ users }) => users} tone={1} />
            </div>
          </>
        )}
      </Answered>
    </Page>
  );
}

function TaggedBar({ clients }: { clients: ClientsOfRange }): JSX.Element {
  const { taggedEvents, untaggedEvents, untaggedShare, unnamed } = clients;
  return (
    <section class="tagged" aria-labelledby="tagged-title">
      <h2 id="tagged-title">{formatShare(untaggedShare)} of events do not say</h2>
      <div class="split" aria-hidden="true">
        <span class="fill tone-3" style={{ width: `${(1 - untaggedShare) * 100}%` }} />
      </div>
      <p class="soft">
        {formatCount(taggedEvents)} events carry the tag, {formatCount(untaggedEvents)} do not. {formatCount(unnamed)}{' '}
        clients with few users are not named; their events are in the sum.
      </p>
    </section>
  );
}

interface ClientPlateProps {
  readonly answer: Answer<ClientsOfRange>;
  readonly title: string;
  readonly tone: 1 | 3;
  by(client: ClientUse): number;
}

function ClientPlate({ answer, title, tone, by }: ClientPlateProps): JSX.Element {
  const { clients } = answer.data;
  const range = rangeOf(useRouter().query);
  const total =
    title === 'By events' ? answer.data.taggedEvents : clients.reduce((sum, client) => sum + client.users, 0);
  const sorted = [...clients].sort((a, b) => by(b) - by(a));
  return (
    <Plate
      title={title}
      lead={
        title === 'By events'
          ? 'Share of the events that carry the tag.'
          : 'Users that published at least once with it; who uses two is in both.'
      }
      answer={answer}
      fields={title === 'By events' ? ['clients.events', 'clients', 'events'] : ['clients.users', 'clients', 'users']}
      csv={routes.clients(range)}
    >
      {sorted.length === 0 ? (
        <Empty title="No client is named" />
      ) : (
        <ShareBars
          caption={`Clients ${title.toLowerCase()}`}
          heads={['Client', title === 'By events' ? 'Events' : 'Users', 'Share']}
          tone={tone}
          rows={sorted.map((client) => ({
            key: client.address ?? client.name,
            name: client.name,
            figure: formatShort(by(client)),
            share: total === 0 ? 0 : by(client) / total,
          }))}
        />
      )}
    </Plate>
  );
}
