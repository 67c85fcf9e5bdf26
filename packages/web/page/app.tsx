import type { JSX } from 'preact';
import { About } from './pages/about.tsx';
import { Overview } from './pages/overview.tsx';
import { Page } from './parts/page.tsx';
import { Shell } from './parts/shell.tsx';
import { RouterContext, useAddressBar, useRouter } from './router.ts';
import { type Surroundings, SurroundingsContext } from './surroundings.ts';

/** The application. */
export function App({ surroundings }: { surroundings: Surroundings }): JSX.Element {
  const router = useAddressBar();
  return (
    <SurroundingsContext.Provider value={surroundings}>
      <RouterContext.Provider value={router}>
        <Shell>
          <CurrentPage />
        </Shell>
      </RouterContext.Provider>
    </SurroundingsContext.Provider>
  );
}

const pageByPath: Readonly<Record<string, () => JSX.Element>> = {
  '/': Overview,
  '/about': About,
};

function CurrentPage(): JSX.Element {
  const { path } = useRouter();
  const Found = pageByPath[path];
  return Found ? <Found /> : <NotFound />;
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
