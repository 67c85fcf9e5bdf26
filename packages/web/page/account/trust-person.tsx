import { encodeNpub } from '@nostrata/protocol';
import type { ExplanationAnswer, ScoreAnswer, SimilarAnswer } from '@nostrata/trust';
import type { JSX } from 'preact';
import { formatCount, formatInstant, formatShare } from '../format.ts';
import { Notice } from '../parts/states.tsx';
import { useFetched } from './call.ts';
import { Copyable } from './forms.tsx';
import { Loading, Section } from './frame.tsx';
import { PersonLink, readPubkey, shortNpub } from './person.tsx';
import { useSession } from './session.tsx';
import { PersonForm, TrustPage } from './trust.tsx';
import { Chain, RankList, ScoreBar } from './trust-parts.tsx';
import { PathFinder } from './trust-path.tsx';

/** Somebody in the web of trust. */
export function TrustPerson({ name }: { name: string }): JSX.Element {
  const pubkey = readPubkey(name);
  if (pubkey === undefined) {
    return (
      <TrustPage title="Trust">
        <Notice tone="error" title="Nobody.">
          The address of this page holds no npub.
        </Notice>
        <PersonForm />
      </TrustPage>
    );
  }
  return (
    <TrustPage title={shortNpub(pubkey)}>
      <p class="back">
        <a href="/trust">Look somebody else up</a>
      </p>
      <Person key={pubkey} pubkey={pubkey} />
    </TrustPage>
  );
}

function Person({ pubkey }: { pubkey: string }): JSX.Element {
  const explanation = useFetched<ExplanationAnswer>(`/wot/explain/${pubkey}`);
  const { me } = useSession();
  return (
    <>
      <Loading of={explanation}>
        {(answer) => (
          <>
            <Score score={answer.score} />
            <Why answer={answer} />
            <Section title="Followers that count" lead="Those of most trust who follow this account.">
              <RankList items={answer.followers} />
            </Section>
          </>
        )}
      </Loading>
      <PathFinder from={me?.npub && me.pubkey !== pubkey ? me.npub : ''} to={encodeNpub(pubkey)} />
      <Similar pubkey={pubkey} />
    </>
  );
}

function Score({ score }: { score: ScoreAnswer }): JSX.Element {
  return (
    <Section title="Score">
      <Copyable text={encodeNpub(score.pubkey)} label="public key" />
      <p class="amount">
        {score.trustScore} <small>of 100</small>
      </p>
      {score.isLikelyBot ? (
        <p>
          <span class="badge warn">likely a bot</span>
        </p>
      ) : null}
      {score.partial ? (
        <Notice tone="warning" title="Partial.">
          There are no anchors, or lists were too long to be read: the score says less than it could.
        </Notice>
      ) : null}
      <Parts score={score} />
      <p class="soft">
        Computed {formatInstant(score.lastCalculated)} of {formatCount(score.graph.users)} accounts
        {score.stale ? ', not fresh' : ''}.
      </p>
    </Section>
  );
}

/** The numbers that a score is made of, each with what it says. */
function partsOf({ components, accountAgeScore, activityScore }: ScoreAnswer): [string, number | null, string][] {
  return [
    ['Trust from the anchors', components.anchoredRank, 'Fake followers cannot raise it. This is the score.'],
    ['Influence', components.influence, 'What the anchors make of those who follow and mute it.'],
    ['How well known', components.pageRank, 'In the whole graph. Fake followers can raise it: it earns nothing.'],
    ['Age', accountAgeScore, 'Full after a year.'],
    ['Activity', activityScore, 'Notes on different days of the last week.'],
  ];
}

function Parts({ score }: { score: ScoreAnswer }): JSX.Element {
  const { me } = useSession();
  const mine = me?.pubkey && me.pubkey !== score.pubkey ? me.pubkey : undefined;
  const personal = useFetched<ScoreAnswer>(
    mine === undefined ? undefined : `/wot/score/${score.pubkey}?observer=${encodeNpub(mine)}`,
  );
  const rank = personal.answer?.components.personalRank;
  const rows = partsOf(score);
  if (rank !== undefined) rows.splice(1, 0, ['Trust from you', rank, 'The same, beginning with your own follows.']);
  return (
    <table class="score-parts">
      <caption class="unseen">What the score is made of</caption>
      <thead class="unseen">
        <tr>
          <th scope="col">Part</th>
          <th scope="col">0 to 100</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([part, value, says]) => (
          <tr key={part}>
            <th scope="row">
              {part} <span class="soft">{says}</span>
              <ScoreBar score={value ?? 0} />
            </th>
            <td class="score">{value ?? '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Why({ answer: { score, reasons, paths } }: { answer: ExplanationAnswer }): JSX.Element {
  return (
    <Section title="Why">
      <ul class="reasons">
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      {score.botFlags.length === 0 ? (
        <p class="soft">No sign that a program runs this account.</p>
      ) : (
        <>
          <h3>Signs that a program may run it</h3>
          <ul class="checks">
            {score.botFlags.map(({ flag, reason }) => (
              <li key={flag}>
                <span class="badge warn">{flagNames[flag] ?? flag}</span> <span>{reason}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {paths.length === 0 ? null : (
        <>
          <h3>Shortest ways from anchors</h3>
          {paths.map((path) => (
            <Chain key={path.join()} path={path} />
          ))}
        </>
      )}
    </Section>
  );
}

const flagNames: Readonly<Record<string, string>> = {
  declared: 'says so',
  bridged: 'bridged',
  'regular-intervals': 'like a clock',
  'never-sleeps': 'never sleeps',
  'repeats-itself': 'repeats itself',
  'mass-following': 'follows in masses',
  'never-answers': 'never answers',
};

function Similar({ pubkey }: { pubkey: string }): JSX.Element {
  const similar = useFetched<SimilarAnswer>(`/wot/similar/${pubkey}?limit=10`);
  return (
    <Section title="Similar accounts" lead="Accounts that the same people follow.">
      <Loading of={similar}>
        {({ items }) =>
          items.length === 0 ? (
            <p>None is known.</p>
          ) : (
            <ol class="ranks">
              {items.map((one) => (
                <li key={one.pubkey}>
                  <PersonLink pubkey={one.pubkey} />
                  <ScoreBar score={one.similarity * 100} />
                  <span class="score">
                    {formatShare(one.similarity)} <span class="soft">{formatCount(one.commonFollowers)} in common</span>
                  </span>
                </li>
              ))}
            </ol>
          )
        }
      </Loading>
    </Section>
  );
}
