import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { formatAge, formatCount, formatInstant } from '../format.ts';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { useRouter } from '../router.ts';
import { useSurroundings } from '../surroundings.ts';
import type { Challenge, EntitlementsAnswer, ListAnswer, Me, SessionAnswer } from './answers.ts';
import { useAction, useCall, useFetched } from './call.ts';
import { Confirm } from './confirm.tsx';
import { ActionButton, Copyable } from './forms.tsx';
import { AccountPage, Loading, Section } from './frame.tsx';
import { useSession } from './session.tsx';
import { openExtension, useExtension } from './signers.ts';

/** Who is signed in, what they may do, and where else they are signed in. */
export function AccountOverview(): JSX.Element {
  const { me } = useSession();
  return (
    <AccountPage title="Account" lead="Who you are here, and where you are signed in.">
      {me ? (
        <>
          <Identity me={me} />
          <Allowance me={me} />
          <Sessions />
        </>
      ) : null}
    </AccountPage>
  );
}

function Identity({ me }: { me: Me }): JSX.Element {
  const { forget } = useSession();
  const { go } = useRouter();
  const call = useCall();
  const leave = useAction(async () => {
    await call('/auth/logout', { method: 'POST', body: {} });
    forget();
    go('/');
  });
  return (
    <Section title="You">
      <dl class="pairs">
        <div>
          <dt>Key</dt>
          <dd>{me.npub === null ? <LinkKey /> : <Copyable text={me.npub} label="your public key" />}</dd>
        </div>
        {me.linkingKeys.length > 0 ? (
          <div>
            <dt>Lightning wallets</dt>
            <dd>
              {me.linkingKeys.map(({ key, createdAt }) => (
                <span key={key} class="line">
                  <code>{`${key.slice(0, 10)}…${key.slice(-6)}`}</code>{' '}
                  <span class="soft">since {formatInstant(createdAt)}</span>
                </span>
              ))}
            </dd>
          </div>
        ) : null}
        <div>
          <dt>Here since</dt>
          <dd>{formatInstant(me.createdAt)}</dd>
        </div>
        {me.role === 'user' ? null : (
          <div>
            <dt>Role</dt>
            <dd>{me.role}</dd>
          </div>
        )}
      </dl>
      <ActionButton action={leave}>Sign out</ActionButton>
    </Section>
  );
}

/** Whoever came with a wallet alone can prove a Nostr key too. */
function LinkKey(): JSX.Element {
  const { me, reload } = useSession();
  const { now } = useSurroundings();
  const call = useCall();
  const isThere = useExtension();
  const link = useAction(async () => {
    const signer = await openExtension();
    const { challenge, relay, domain } = await call<Challenge>('/auth/challenge', { method: 'POST', body: {} });
    const event = await signer.signEvent({
      kind: 22242,
      created_at: Math.floor(now() / 1000),
      tags: [
        ['challenge', challenge],
        ['relay', relay],
        ['domain', domain],
        ['linking-key', me?.linkingKeys[0]?.key ?? ''],
      ],
      content: '',
    });
    await call('/auth/link', { method: 'POST', body: { event } });
    reload();
  });
  return (
    <>
      <p>You came with a Lightning wallet. Names need a Nostr key: prove one that is yours.</p>
      <ActionButton action={link} isDisabled={!isThere}>
        Link the key of my extension
      </ActionButton>
      {isThere ? null : <p class="soft">No extension was found in this browser.</p>}
    </>
  );
}

function Allowance({ me }: { me: Me }): JSX.Element {
  return (
    <Section
      title="What you may do"
      lead={
        <>
          By the plan <strong>{me.plan}</strong>. <a href="/plans">All plans</a>
        </>
      }
    >
      <AllowanceList entitlements={me.entitlements} />
    </Section>
  );
}

/** What a plan entitles to, in words. */
export function AllowanceList({ entitlements }: { entitlements: EntitlementsAnswer }): JSX.Element {
  const { names, domains, apiKeys, hooks, rate } = entitlements;
  const rows: readonly (readonly [string, string])[] = [
    ['Names included', formatCount(names)],
    ['Domains of your own', formatCount(domains)],
    ['API keys', formatCount(apiKeys)],
    ['Webhooks', formatCount(hooks)],
    ['Requests', `${formatCount(rate.requestsMax)} ${formatSpan(rate.windowMs)}`],
  ];
  return (
    <dl class="pairs">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function formatSpan(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours === 24) return 'a day';
  if (hours >= 1) return hours === 1 ? 'an hour' : `in ${formatCount(hours)} hours`;
  return ms === 60_000 ? 'a minute' : `in ${formatCount(ms / 60_000)} minutes`;
}

const methodNames: Readonly<Record<string, string>> = {
  challenge: 'signed challenge',
  nip98: 'signed request',
  lnurl: 'Lightning wallet',
};

function Sessions(): JSX.Element {
  const sessions = useFetched<ListAnswer<SessionAnswer>>('/auth/sessions');
  const call = useCall();
  const end = useAction(async () => {
    await call('/auth/sessions', { method: 'DELETE' });
    sessions.reload();
  });
  return (
    <Section title="Sessions" lead="Every place where you are signed in. End those that you do not know.">
      <Loading of={sessions}>
        {({ items }) => (
          <>
            <ScrollBox label="Sessions">
              <table class="figures rows">
                <thead>
                  <tr>
                    <th scope="col">Browser or program</th>
                    <th scope="col">Signed in by</th>
                    <th scope="col">Address</th>
                    <th scope="col">Last used</th>
                    <th scope="col">
                      <span class="unseen">End it</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((session) => (
                    <SessionRow key={session.id} session={session} onEnded={sessions.reload} />
                  ))}
                </tbody>
              </table>
            </ScrollBox>
            {items.length > 1 ? (
              <Confirm label="End all others…" yes="End all others" action={end}>
                <p>Everywhere else you have to sign in again. API keys go on working.</p>
              </Confirm>
            ) : null}
          </>
        )}
      </Loading>
    </Section>
  );
}

function SessionRow({ session, onEnded }: { session: SessionAnswer; onEnded(): void }): JSX.Element {
  const { now } = useSurroundings();
  const call = useCall();
  const [isEnded, setIsEnded] = useState(false);
  const end = useAction(async () => {
    await call(`/auth/sessions/${session.id}`, { method: 'DELETE' });
    setIsEnded(true);
    onEnded();
  });
  return (
    <tr>
      <th scope="row">
        <bdi title={session.agent}>{describeAgent(session.agent)}</bdi>
      </th>
      <td>{methodNames[session.method] ?? session.method}</td>
      <td>{session.address}</td>
      <td>{formatAge(Date.parse(session.usedAt), now())}</td>
      <td>
        {session.isCurrent ? (
          'this one'
        ) : (
          <ActionButton
            action={end}
            tone="quiet"
            isDisabled={isEnded}
            label={`End the session of ${describeAgent(session.agent)}`}
          >
            End
          </ActionButton>
        )}
      </td>
    </tr>
  );
}

/** `Firefox on Linux` for what browsers send; programs are called what they call themselves. */
function describeAgent(agent: string): string {
  if (agent === '') return 'unknown';
  const [, browser] = /(Edg|OPR|Firefox|FxiOS|SamsungBrowser|HeadlessChrome|Chrome|CriOS|Safari)\//.exec(agent) ?? [];
  const [, system] = /(Android|iPhone|iPad|Windows|Mac OS X|CrOS|Linux)/.exec(agent) ?? [];
  if (!agent.startsWith('Mozilla/') || browser === undefined) return agent.slice(0, 60);
  const names: Readonly<Record<string, string>> = {
    ...{ Edg: 'Edge', OPR: 'Opera', FxiOS: 'Firefox', CriOS: 'Chrome', HeadlessChrome: 'Chrome without a window' },
    ...{ SamsungBrowser: 'Samsung Internet', 'Mac OS X': 'macOS', CrOS: 'ChromeOS' },
  };
  const isEdge = /Edg\//.test(agent);
  const name = isEdge ? 'Edge' : /OPR\//.test(agent) ? 'Opera' : (names[browser] ?? browser);
  return system === undefined ? name : `${name} on ${names[system] ?? system}`;
}
