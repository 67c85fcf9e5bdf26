import type { JSX } from 'preact';
import { useAnswer } from '../api.ts';
import { Page } from '../parts/page.tsx';
import { Answered } from '../parts/states.tsx';
import { rangeOf, useRouter } from '../router.ts';
import { routes } from '../routes.ts';

/** What the observatory is, by which rules it counts, and what it cannot know. */
export function About(): JSX.Element {
  return (
    <Page title="About" lead="What this observatory measures, by which rules, and what it cannot know.">
      <div class="prose">
        <h2>What it does</h2>
        <p>
          It holds connections to many relays at once, checks the id and the signature of every event, and counts each
          event once, however many relays send it. It also probes relays: whether they answer, how fast, and what they
          say of themselves.
        </p>
        <h2>Rules</h2>
        <ul>
          <li>
            All times are UTC. An event belongs to the hour that its author wrote into it; one that lies in the future
            is refused.
          </li>
          <li>
            What its author deletes is taken out of the figures again. What a newer version replaces was published all
            the same.
          </li>
          <li>
            A user is a key that published something. Keys cost nothing, so the figures come in tiers: with a profile,
            with a follow list, with both, and trusted where the operator named anchors.
          </li>
          <li>
            Zaps count by the amount of their invoice, when the receipt is valid, each invoice once. Amounts too high to
            believe stand apart.
          </li>
          <li>Times of relays are as seen from where this observatory runs. Elsewhere they are different.</li>
          <li>A bucket that has not ended is drawn pale or dotted: it will still rise.</li>
        </ul>
        <h2>What it cannot know</h2>
        <p>
          Relays that it is not connected to, private relays, and events that a relay does not show to strangers. Each
          page says how many relays were connected, how much of the time was covered, and how many events were probably
          never seen.
        </p>
        <h2>For programs</h2>
        <p>
          Every figure is JSON and CSV: <a href="/api/v1/docs">the interface is described here</a>. This address is also
          a Nostr relay: point a client at it, or write a filter in the <a href="/query">query console</a>.
        </p>
        <h2>How each figure is counted</h2>
        <Methods />
      </div>
    </Page>
  );
}

function Methods(): JSX.Element {
  const loaded = useAnswer(routes.full(rangeOf(useRouter().query)));
  return (
    <Answered loaded={loaded} plates={1}>
      {({ method }) => (
        <dl class="methods">
          {Object.entries(method).map(([field, { precision, text }]) => (
            <div key={field}>
              <dt>
                <code>{field}</code> <span class={`precision ${precision}`}>{precision}</span>
              </dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      )}
    </Answered>
  );
}
