import { encodeNpub } from '@nostrata/protocol';
import type { NetworkAnswer } from '@nostrata/trust';
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ShareBars } from '../charts/share-bars.tsx';
import { formatCount, formatInstant } from '../format.ts';
import { KeyFigure } from '../parts/key-figure.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Notice } from '../parts/states.tsx';
import { useRouter } from '../router.ts';
import { useAction, useCall, useFetched } from './call.ts';
import { Field } from './forms.tsx';
import { Loading, Section } from './frame.tsx';
import { findPubkey } from './person.tsx';
import { RankList } from './trust-parts.tsx';
import { PathFinder } from './trust-path.tsx';

/** The web of trust: how it looks from here, and the way to anybody in it. */
export function Trust(): JSX.Element {
  const { query } = useRouter();
  return (
    <TrustPage
      title="Trust"
      lead="Whom accounts that are known to be people trust, along their follow lists. Fake followers cannot raise it."
    >
      <Section title="Look somebody up">
        <PersonForm />
      </Section>
      <PathFinder from={query.get('from') ?? ''} to={query.get('to') ?? ''} />
      <Network />
    </TrustPage>
  );
}

/** A page of the web of trust, on servers that have one. */
export function TrustPage(props: {
  title: string;
  lead?: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  const isOn = 'trust' in document.documentElement.dataset;
  return (
    <Page title={props.title} lead={props.lead}>
      {isOn ? (
        props.children
      ) : (
        <Notice tone="warning" title="No web of trust here.">
          This server computes none.
        </Notice>
      )}
    </Page>
  );
}

/** Goes to somebody who is named by a key or an address. */
export function PersonForm(): JSX.Element {
  const call = useCall();
  const { go } = useRouter();
  const [person, setPerson] = useState('');
  const find = useAction(async () => go(`/trust/${encodeNpub(await findPubkey(call, person))}`));
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        find.run();
      }}
    >
      <Field
        label="Who"
        value={person}
        onInput={setPerson}
        isMono
        placeholder="npub1… or alice@example.com"
        hint="An npub, 64 hex digits, or an address."
        fault={find.fault}
        suffix={
          <button
            type="submit"
            class="main"
            disabled={person.trim() === '' || find.isRunning}
            aria-busy={find.isRunning}
          >
            {find.isRunning ? 'Looking…' : 'Look up'}
          </button>
        }
      />
    </form>
  );
}

function Network(): JSX.Element {
  const network = useFetched<NetworkAnswer>('/wot/network');
  return (
    <Section title="The web as it is known here">
      <Loading of={network}>
        {(answer) =>
          answer.graph.users === 0 ? (
            <Empty title="Nothing is known yet">The web grows with the follow lists that this server holds.</Empty>
          ) : (
            <NetworkFigures answer={answer} />
          )
        }
      </Loading>
    </Section>
  );
}

function NetworkFigures({ answer }: { answer: NetworkAnswer }): JSX.Element {
  const { graph, anchors, muters, reachedByHops, first, asOf, stale, state } = answer;
  const reached = reachedByHops.reduce((sum, count) => sum + count, 0);
  return (
    <>
      {anchors === 0 ? (
        <Notice tone="warning" title="No anchors.">
          The operator has named nobody whom trust could begin with: all scores are 0.
        </Notice>
      ) : null}
      {stale ? (
        <Notice tone="warning" title="Not fresh.">
          {state === 'building' ? 'The web is being read for the first time.' : 'What is shown is somewhat old.'}
        </Notice>
      ) : null}
      <dl class="key-figures">
        <KeyFigure name="Accounts" value={formatCount(graph.users)} />
        <KeyFigure name="Follows" value={formatCount(graph.follows)} />
        <KeyFigure name="Anchors" value={formatCount(anchors)} note="whom trust begins with" />
        <KeyFigure name="Accounts that mute others" value={formatCount(muters)} />
      </dl>
      <div class="plates">
        <section class="plate" aria-labelledby="trust-hops">
          <header>
            <h3 id="trust-hops">How far the anchors reach</h3>
            <p class="lead">Accounts by the number of follows that lead to them.</p>
          </header>
          {reached === 0 ? (
            <p>Nobody is reached.</p>
          ) : (
            <ShareBars
              caption="Accounts by their distance from the anchors"
              heads={['Distance', 'Accounts', 'Share']}
              tone={3}
              rows={reachedByHops.map((count, hops) => ({
                key: String(hops),
                name: hops === 0 ? 'anchors themselves' : hops === 1 ? '1 follow' : `${hops} follows`,
                figure: formatCount(count),
                share: count / Math.max(1, graph.users),
              }))}
            />
          )}
        </section>
        <section class="plate" aria-labelledby="trust-first">
          <header>
            <h3 id="trust-first">Trusted most</h3>
          </header>
          <RankList items={first} />
        </section>
      </div>
      <p class="soft">As of {formatInstant(asOf)}.</p>
    </>
  );
}
