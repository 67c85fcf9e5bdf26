import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Page } from '../parts/page.tsx';
import { Notice } from '../parts/states.tsx';
import { useRouter } from '../router.ts';
import { useSurroundings } from '../surroundings.ts';
import type { Challenge, LnurlStart, SignedIn } from './answers.ts';
import { useAction, useCall } from './call.ts';
import { ActionButton, Copyable, Fault } from './forms.tsx';
import { Qr } from './qr.tsx';
import { RemoteSigner } from './remote-signer.tsx';
import { messageOf } from './request.ts';
import { useSession } from './session.tsx';
import { openExtension, useExtension } from './signers.ts';
import type { PageSigner } from './signing.ts';

/** Three ways in, none of which gives a key away. */
export function SignIn(): JSX.Element {
  const { state, me } = useSession();
  const { query, go } = useRouter();
  const next = ownPath(query.get('next'));
  useEffect(() => {
    if (state === 'in') go(next);
  }, [state, next]);
  if (state === 'off') {
    return (
      <Page title="Sign in">
        <Notice tone="warning" title="No accounts here.">
          This server measures the network and has no accounts.
        </Notice>
      </Page>
    );
  }
  return (
    <Page title="Sign in" lead="Prove that a key is yours. It stays where it is: nothing here ever asks for it.">
      {me ? <p role="status">Signed in. Going on…</p> : null}
      <div class="ways">
        <ExtensionWay />
        <RemoteWay />
        <WalletWay />
      </div>
    </Page>
  );
}

/** Where to go after signing in: a path of this page, never another site. */
function ownPath(next: string | null): string {
  return next !== null && /^\/(?![/\\])[\w/?=&%.-]*$/.test(next) ? next : '/account';
}

/** Signs the challenge of the server and hands it in. */
function useProve(): (signer: PageSigner) => Promise<void> {
  const call = useCall();
  const { enter } = useSession();
  const { now } = useSurroundings();
  return async (signer) => {
    const { challenge, relay, domain } = await call<Challenge>('/auth/challenge', { method: 'POST', body: {} });
    const event = await signer.signEvent({
      kind: 22242,
      created_at: Math.floor(now() / 1000),
      tags: [
        ['relay', relay],
        ['challenge', challenge],
        ['domain', domain],
      ],
      content: '',
    });
    enter(await call<SignedIn>('/auth/verify', { method: 'POST', body: { event, cookie: true } }));
  };
}

function ExtensionWay(): JSX.Element {
  const prove = useProve();
  const isThere = useExtension();
  const action = useAction(async () => prove(await openExtension()));
  return (
    <section class="plate" aria-labelledby="way-extension">
      <h2 id="way-extension">Browser extension</h2>
      <p class="lead">An extension such as Alby or nos2x holds the key and asks you before it signs.</p>
      <ActionButton action={action} tone="main" isDisabled={!isThere}>
        {action.isRunning ? 'Waiting for the extension…' : 'Sign in with the extension'}
      </ActionButton>
      {isThere ? null : <p class="soft">No extension was found in this browser.</p>}
    </section>
  );
}

function RemoteWay(): JSX.Element {
  const prove = useProve();
  return (
    <section class="plate" aria-labelledby="way-remote">
      <h2 id="way-remote">Remote signer</h2>
      <p class="lead">A signer on your phone or a server of yours (NIP-46), such as Amber or nsec.app.</p>
      <RemoteSigner work={prove} />
    </section>
  );
}

type PollAnswer = { readonly state: 'pending' | 'expired' } | ({ readonly state: 'signed-in' } & SignedIn);

const pollMs = 2_000;

function WalletWay(): JSX.Element {
  const call = useCall();
  const { enter } = useSession();
  const [start, setStart] = useState<LnurlStart>();
  const [fault, setFault] = useState<string>();
  const begin = useAction(async () => {
    setFault(undefined);
    setStart(await call<LnurlStart>('/auth/lnurl', { method: 'POST', body: { action: 'login' } }));
  });
  useEffect(() => {
    if (!start) return;
    const leaving = new AbortController();
    const poll = async (): Promise<void> => {
      try {
        const answer = await call<PollAnswer>('/auth/lnurl-poll', {
          method: 'POST',
          body: { pollSecret: start.pollSecret, cookie: true },
          signal: leaving.signal,
        });
        if (answer.state === 'signed-in') return enter(answer);
        if (answer.state === 'expired') {
          setStart(undefined);
          return setFault('The code has expired. Show a new one.');
        }
      } catch (error) {
        if (leaving.signal.aborted) return;
        setFault(messageOf(error));
      }
      timer = setTimeout(poll, pollMs);
    };
    let timer: ReturnType<typeof setTimeout> = setTimeout(poll, pollMs);
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [start, call, enter]);
  return (
    <section class="plate" aria-labelledby="way-wallet">
      <h2 id="way-wallet">Lightning wallet</h2>
      <p class="lead">A wallet that speaks LNURL-auth. It makes a key for this site alone; nothing is paid.</p>
      {start === undefined ? (
        <ActionButton action={begin} tone="main">
          Show a code to scan
        </ActionButton>
      ) : (
        <>
          <a href={`lightning:${start.lnurl}`} aria-label="Open in a wallet on this device">
            <Qr text={`lightning:${start.lnurl}`.toUpperCase()} label="Code to sign in with a Lightning wallet" />
          </a>
          <Copyable text={start.lnurl} label="LNURL" />
          <p role="status">Waiting for the wallet…</p>
        </>
      )}
      <Fault text={fault} />
    </section>
  );
}
