import type { JSX } from 'preact';
import { useErrorBoundary } from 'preact/hooks';
import { SessionProvider } from './account/session.tsx';
import { useModule } from './lazy.ts';
import { About } from './pages/about.tsx';
import { Clients } from './pages/clients.tsx';
import { Hours } from './pages/hours.tsx';
import { Kinds } from './pages/kinds.tsx';
import { Live } from './pages/live.tsx';
import { WorldPage } from './pages/map.tsx';
import { Overview } from './pages/overview.tsx';
import { Query } from './pages/query.tsx';
import { Relay } from './pages/relay.tsx';
import { Relays } from './pages/relays.tsx';
import { Users } from './pages/users.tsx';
import { Zaps } from './pages/zaps.tsx';
import { Page } from './parts/page.tsx';
import { Shell } from './parts/shell.tsx';
import { Notice } from './parts/states.tsx';
import { RouterContext, useAddressBar, useRouter } from './router.ts';
import { type Surroundings, SurroundingsContext } from './surroundings.ts';

/** The application. */
export function App({ surroundings }: { surroundings: Surroundings }): JSX.Element {
  const router = useAddressBar();
  return (
    <SurroundingsContext.Provider value={surroundings}>
      <RouterContext.Provider value={router}>
        <SessionProvider>
          <Shell>
            <Guarded key={router.path} />
          </Shell>
        </SessionProvider>
      </RouterContext.Provider>
    </SurroundingsContext.Provider>
  );
}

const pageByPath: Readonly<Record<string, () => JSX.Element>> = {
  '/': Overview,
  '/about': About,
  '/clients': Clients,
  '/hours': Hours,
  '/kinds': Kinds,
  '/live': Live,
  '/map': WorldPage,
  '/query': Query,
  '/relays': Relays,
  '/users': Users,
  '/zaps': Zaps,
};

/** A page that meets figures it cannot draw says so; the menu stays, and every other page works. */
function Guarded(): JSX.Element {
  const [error, again] = useErrorBoundary();
  if (error === undefined) return <CurrentPage />;
  return (
    <Page title="This page cannot be drawn">
      <Notice tone="error" title="Not understood." action={{ label: 'Try again', run: again }}>
        The server sent figures that this page does not know. It may be older or newer than the page: reload it.
      </Notice>
    </Page>
  );
}

function CurrentPage(): JSX.Element {
  const { path } = useRouter();
  const relay = relayOf(path);
  if (relay !== undefined) return <Relay key={relay} url={relay} />;
  const Found = pageByPath[path];
  if (Found) return <Found />;
  if (/^\/admin(?:\/|$)/.test(path)) return <LazyPages path={path} load={loadAdminPages} />;
  if (/^\/(?:sign-in|account|plans|trust)(?:\/|$)/.test(path)) return <LazyPages path={path} load={loadPeoplePages} />;
  return <NotFound />;
}

/** Pages about people and money are loaded when somebody goes there. */
function LazyPages(props: {
  path: string;
  load: () => Promise<{ renderPage(path: string): JSX.Element | undefined }>;
}): JSX.Element {
  const { path, load } = props;
  const { module, fault } = useModule(load);
  if (fault) {
    return (
      <Page title="Not loaded">
        <Notice tone="error" title="No connection." action={{ label: 'Reload', run: () => location.reload() }}>
          This page could not be loaded.
        </Notice>
      </Page>
    );
  }
  if (!module) return <p class="boot">Loading…</p>;
  return module.renderPage(path) ?? <NotFound />;
}

const loadPeoplePages = () => import('./account/pages.ts');
const loadAdminPages = () => import('./admin/pages.ts');

function relayOf(path: string): string | undefined {
  const [, name] = /^\/relays\/(.+)$/.exec(path) ?? [];
  if (name === undefined) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined; // No address that this page makes.
  }
}

function NotFound(): JSX.Element {
  return (
    <Page title="Nothing here" lead="No page of the observatory has this address.">
      <p>
        <a href="/">Go to the overview</a>
      </p>
    </Page>
  );
}
