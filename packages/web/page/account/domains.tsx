import type { DomainAnswer, DomainCheckAnswer } from '@nostrata/accounts';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatAge } from '../format.ts';
import { Empty, Notice } from '../parts/states.tsx';
import { useSurroundings } from '../surroundings.ts';
import type { ListAnswer } from './answers.ts';
import { type Action, type Fetched, useAction, useCall, useFetched } from './call.ts';
import { Confirm } from './confirm.tsx';
import { domainBadges, domainSentence, findingBadges } from './domain-words.ts';
import { ActionButton, Copyable, Fault, Field } from './forms.tsx';
import { AccountPage, Loading, Section } from './frame.tsx';
import { CallError, messageOf } from './request.ts';
import { useSession } from './session.tsx';

/** How often a page that is looked at looks for a proof that is not there yet. */
const lookMs = 20_000;

/** Domains of one's own: claimed, proven, given up. */
export function Domains(): JSX.Element {
  const domains = useFetched<ListAnswer<DomainAnswer>>('/domains');
  return (
    <AccountPage title="Domains" lead="Give out names on a domain of your own, once it is proven that it is yours.">
      <Loading of={domains}>
        {({ items }) => (
          <>
            <Claim count={items.length} domains={domains} />
            {items.length === 0 ? <Empty title="No domains yet">Claim one above.</Empty> : null}
            {items.map((domain) => (
              <Domain key={domain.id} domain={domain} onGone={domains.reload} />
            ))}
          </>
        )}
      </Loading>
    </AccountPage>
  );
}

function Claim({ count, domains }: { count: number; domains: Fetched<ListAnswer<DomainAnswer>> }): JSX.Element {
  const { me } = useSession();
  const call = useCall();
  const [host, setHost] = useState('');
  const claim = useAction(async () => {
    await call('/domains', { method: 'POST', body: { host: host.trim() } });
    setHost('');
    domains.reload();
  });
  const room = me?.entitlements.domains ?? 0;
  if (count >= room) return <NoRoom room={room} what="domains" />;
  return (
    <Section title="Claim a domain" lead={`Your plan has room for ${room}; you have ${count}.`}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          claim.run();
        }}
      >
        <Field
          label="Domain"
          value={host}
          onInput={setHost}
          keys="url"
          placeholder="example.com"
          fault={claim.fault}
          suffix={
            <button type="submit" class="main" disabled={host.trim() === '' || claim.isRunning}>
              Claim
            </button>
          }
        />
      </form>
    </Section>
  );
}

/** The plan does not allow it, or no more of it. */
export function NoRoom({ room, what }: { room: number; what: string }): JSX.Element {
  return (
    <Notice tone="warning" title={room === 0 ? `Your plan has no ${what}.` : `Your plan has room for ${room} ${what}.`}>
      <a href="/plans">See the plans</a>
      {room === 0 ? '' : ', or remove one below'}.
    </Notice>
  );
}

function Domain({ domain: first, onGone }: { domain: DomainAnswer; onGone(): void }): JSX.Element {
  const call = useCall();
  const [seen, setSeen] = useState<DomainAnswer | DomainCheckAnswer>(first);
  const look = useLook(seen, setSeen);
  const remove = useAction(async () => {
    await call(`/domains/${first.id}`, { method: 'DELETE' });
    onGone();
  });
  const [word, tone] = domainBadges[seen.state];
  return (
    <Section title={seen.unicode}>
      <p role="status">
        <span class={`badge ${tone}`}>{word}</span> {domainSentence(seen)}
      </p>
      {seen.state === 'verified' ? (
        <>
          <p>
            <a href="/account/names">Take names on it</a>
          </p>
          <details class="document">
            <summary>What proves it</summary>
            <Proof domain={seen} />
          </details>
        </>
      ) : (
        <Proof domain={seen} />
      )}
      <Found seen={seen} isAuto={seen.state !== 'verified'} />
      <div class="buttons">
        <ActionButton
          action={look}
          tone={seen.state === 'verified' ? 'quiet' : 'main'}
          label={`Look now at ${seen.unicode}`}
        >
          {look.isRunning ? 'Looking…' : 'Look now'}
        </ActionButton>
        <Confirm label="Give up…" about={seen.unicode} yes={`Give up ${seen.unicode}`} action={remove}>
          <p>
            {seen.state === 'pending'
              ? 'The claim is forgotten, and what proves it is good for nothing.'
              : `Names on ${seen.unicode} stop working at once, and somebody else can prove the domain.`}
          </p>
        </Confirm>
      </div>
    </Section>
  );
}

/** Looks for the proof: when asked, and by itself while it is missing and the page is looked at. */
function useLook(seen: DomainAnswer | DomainCheckAnswer, setSeen: (answer: DomainCheckAnswer) => void): Action {
  const call = useCall();
  const [fault, setFault] = useState<string>();
  const path = `/domains/${seen.id}/check`;
  const look = useAction(async () => setSeen(await call<DomainCheckAnswer>(path, { method: 'POST', body: {} })));
  const latest = useRef(look);
  latest.current = look;
  const isMissing = seen.state !== 'verified';
  useEffect(() => {
    if (!isMissing) return;
    const leaving = new AbortController();
    const glance = async (): Promise<void> => {
      if (document.visibilityState !== 'visible' || latest.current.isRunning) return;
      try {
        setSeen(await call<DomainCheckAnswer>(path, { method: 'POST', body: {}, signal: leaving.signal }));
        setFault(undefined);
      } catch (error) {
        // Where somebody looked a moment ago, the next glance is soon enough.
        const isTooSoon = error instanceof CallError && error.status === 429;
        if (!leaving.signal.aborted && !isTooSoon) setFault(messageOf(error));
      }
    };
    void glance();
    const timer = setInterval(() => void glance(), lookMs);
    return () => {
      leaving.abort();
      clearInterval(timer);
    };
  }, [isMissing, path, call]);
  return { ...look, fault: look.fault ?? fault };
}

function Proof({ domain: { proof } }: { domain: DomainAnswer }): JSX.Element {
  return (
    <div class="proofs">
      <div>
        <h3>Either a TXT record in DNS</h3>
        <dl class="pairs">
          <div>
            <dt>Name</dt>
            <dd>
              <Copyable text={proof.txtName} label="name of the TXT record" />
            </dd>
          </div>
          <div>
            <dt>Value</dt>
            <dd>
              <Copyable text={proof.txtValue} label="value of the TXT record" />
            </dd>
          </div>
        </dl>
      </div>
      <div>
        <h3>Or a file on the web server</h3>
        <dl class="pairs">
          <div>
            <dt>Address</dt>
            <dd>
              <Copyable text={proof.fileUrl} label="address of the file" />
            </dd>
          </div>
          <div>
            <dt>Content</dt>
            <dd>
              <Copyable text={proof.fileBody.trim()} label="content of the file" />
            </dd>
          </div>
        </dl>
      </div>
    </div>
  );
}

/** Exactly what was found, place by place. */
function Found({ seen, isAuto }: { seen: DomainAnswer | DomainCheckAnswer; isAuto: boolean }): JSX.Element | null {
  const { now } = useSurroundings();
  if (!('check' in seen)) {
    return seen.lastFailure === null || seen.state === 'verified' ? null : (
      <Fault text={`When it was last looked at: ${seen.lastFailure}.`} />
    );
  }
  const places = [
    ['DNS', seen.check.dns],
    ['File', seen.check.file],
  ] as const;
  return (
    <div class="found" role="status">
      <ul class="checks">
        {places.map(([place, { state, message }]) => {
          const [word, tone] = findingBadges[state];
          return (
            <li key={place}>
              <span class={`badge ${tone}`}>{word}</span>{' '}
              <span>
                <strong>{place}</strong>: {message}
              </span>
            </li>
          );
        })}
      </ul>
      <p class="soft">
        {seen.checkedAt === null ? '' : `Looked ${formatAge(Date.parse(seen.checkedAt), now())}. `}
        {isAuto ? 'Looking again by itself.' : ''}
      </p>
    </div>
  );
}
