import type { ComponentChildren, JSX } from 'preact';
import { SignedInPage } from '../account/frame.tsx';
import { useSession } from '../account/session.tsx';
import { Notice } from '../parts/states.tsx';
import { useRouter } from '../router.ts';

const tabs: readonly (readonly [path: string, name: string])[] = [
  ['/admin', 'Overview'],
  ['/admin/users', 'People'],
  ['/admin/names', 'Names'],
  ['/admin/payments', 'Payments'],
  ['/admin/refunds', 'Refunds'],
  ['/admin/audit', 'Audit log'],
];

/** A page of the administration, for those whose role lets them look. */
export function AdminPage(props: {
  title: string;
  lead?: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  const { path } = useRouter();
  const { me } = useSession();
  return (
    <SignedInPage title={props.title} lead={props.lead}>
      {me?.role === 'user' ? (
        <Notice tone="warning" title="Not for you.">
          These pages are for those who run this server.
        </Notice>
      ) : (
        <>
          <nav class="tabs" aria-label="Administration">
            {tabs.map(([to, name]) => (
              <a key={to} href={to} aria-current={isAt(path, to) ? 'page' : undefined}>
                {name}
              </a>
            ))}
          </nav>
          {props.children}
        </>
      )}
    </SignedInPage>
  );
}

function isAt(path: string, to: string): boolean {
  return to === '/admin' ? path === to : path === to || path.startsWith(`${to}/`);
}

/** Says whether whoever is signed in may change something: support looks, admins change. */
export function useMayChange(): boolean {
  return useSession().me?.role === 'admin';
}
