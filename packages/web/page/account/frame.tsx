import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId } from 'preact/hooks';
import { Page } from '../parts/page.tsx';
import { Notice } from '../parts/states.tsx';
import { useRouter } from '../router.ts';
import type { Fetched } from './call.ts';
import { useSession } from './session.tsx';

const tabs: readonly (readonly [path: string, name: string])[] = [
  ['/account', 'Overview'],
  ['/account/names', 'Names'],
  ['/account/domains', 'Domains'],
  ['/account/plan', 'Plan'],
  ['/account/payments', 'Payments'],
  ['/account/keys', 'API keys'],
  ['/account/hooks', 'Webhooks'],
];

/** A page of somebody who is signed in; others are led to the way in and back. */
export function AccountPage(props: {
  title: string;
  lead?: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  const { path } = useRouter();
  return (
    <SignedInPage title={props.title} lead={props.lead}>
      <nav class="tabs" aria-label="Your account">
        {tabs.map(([to, name]) => (
          <a key={to} href={to} aria-current={isAt(path, to) ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      {props.children}
    </SignedInPage>
  );
}

function isAt(path: string, to: string): boolean {
  return to === '/account' ? path === to : path === to || path.startsWith(`${to}/`);
}

/** A page for whoever is signed in, without the tabs of the account. */
export function SignedInPage(props: {
  title: string;
  lead?: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  const { state, reload } = useSession();
  const { path, go } = useRouter();
  useEffect(() => {
    if (state === 'out') go(`/sign-in?next=${encodeURIComponent(path)}`);
  }, [state, path]);
  return (
    <Page title={props.title} lead={props.lead}>
      {state === 'in' ? props.children : null}
      {state === 'asking' ? <p role="status">Asking who is signed in…</p> : null}
      {state === 'unknown' ? (
        <Notice tone="error" title="No connection." action={{ label: 'Try again', run: reload }}>
          The server cannot be reached.
        </Notice>
      ) : null}
      {state === 'off' ? (
        <Notice tone="warning" title="No accounts here.">
          This server measures the network and has no accounts.
        </Notice>
      ) : null}
    </Page>
  );
}

/** What waits for an answer: loading, failed, or the answer itself; an old answer stays while a new one fails. */
export function Loading<Answer>(props: {
  of: Fetched<Answer>;
  children(answer: Answer): ComponentChildren;
}): JSX.Element {
  const { answer, fault, reload } = props.of;
  return (
    <>
      {fault === undefined ? null : (
        <Notice
          tone={answer === undefined ? 'error' : 'warning'}
          title="Not loaded."
          action={{ label: 'Try again', run: reload }}
        >
          {fault}
        </Notice>
      )}
      {answer === undefined ? fault === undefined ? <p role="status">Loading…</p> : null : props.children(answer)}
    </>
  );
}

/** A part of a page under a heading. */
export function Section(props: { title: string; lead?: ComponentChildren; children: ComponentChildren }): JSX.Element {
  const id = useId();
  return (
    <section class="plate wide section" aria-labelledby={id}>
      <header>
        <h2 id={id}>{props.title}</h2>
        {props.lead === undefined ? null : <p class="lead">{props.lead}</p>}
      </header>
      {props.children}
    </section>
  );
}
