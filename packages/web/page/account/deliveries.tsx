import type { DeliveryAnswer } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { formatInstant } from '../format.ts';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { Empty } from '../parts/states.tsx';
import type { ListAnswer } from './answers.ts';
import { useFetched } from './call.ts';
import { Loading } from './frame.tsx';
import type { BadgeTone } from './name-words.ts';
import { topicSentence } from './topic-words.ts';

/** While something is on its way, the list is looked at this often. */
const lookMs = 2_000;

const badges: Readonly<Record<DeliveryAnswer['state'], readonly [string, BadgeTone]>> = {
  waiting: ['on its way', 'warn'],
  delivered: ['arrived', ''],
  failed: ['failed', 'bad'],
  cancelled: ['not sent', 'dim'],
};

/** How the deliveries of a webhook went. */
export function Deliveries({ id, host }: { id: string; host: string }): JSX.Element {
  const [isWaiting, setIsWaiting] = useState(true);
  const deliveries = useFetched<ListAnswer<DeliveryAnswer>>(`/hooks/${id}/deliveries`, isWaiting ? lookMs : undefined);
  const { answer } = deliveries;
  useEffect(() => {
    if (answer) setIsWaiting(answer.items.some(({ state, attempts }) => state === 'waiting' && attempts === 0));
  }, [answer]);
  return (
    <Loading of={deliveries}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="Nothing sent in the last 30 days" />
        ) : (
          <ScrollBox label={`Deliveries to ${host}`}>
            <table class="figures rows">
              <thead>
                <tr>
                  <th scope="col">When</th>
                  <th scope="col">About</th>
                  <th scope="col">State</th>
                  <th scope="col">Outcome</th>
                </tr>
              </thead>
              <tbody>
                {items.map((delivery) => {
                  const [word, tone] = badges[delivery.state];
                  return (
                    <tr key={delivery.id}>
                      <th scope="row">{formatInstant(delivery.createdAt)}</th>
                      <td>{topicSentence(delivery.topic)}</td>
                      <td>
                        <span class={`badge ${tone}`}>{word}</span>
                      </td>
                      <td>{outcomeSentence(delivery)}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </ScrollBox>
        )
      }
    </Loading>
  );
}

function outcomeSentence({ state, attempts, lastStatus, lastFailure, nextAt }: DeliveryAnswer): string {
  const tries = attempts === 1 ? 'one try' : `${attempts} tries`;
  const answer =
    lastStatus !== null
      ? `answered with ${lastStatus}`
      : lastFailure === null
        ? ''
        : (failures[lastFailure] ?? lastFailure);
  if (state === 'delivered') return `${answer === '' ? 'taken' : answer}, ${tries}`;
  if (state === 'cancelled') return 'the webhook was switched off';
  if (attempts === 0) return 'not tried yet';
  const next = state === 'waiting' && nextAt !== null ? `; next try ${formatInstant(nextAt)}` : '';
  return `${answer}, ${tries}${next}`;
}

const failures: Readonly<Record<string, string>> = {
  timeout: 'no answer in time',
  redirect: 'answered with a redirect',
  tls: 'its certificate is not good',
  'unknown-host': 'its host has no address',
  unreachable: 'cannot be reached',
  refused: 'its address is not public',
  'too-large': 'its answer was too long',
};
