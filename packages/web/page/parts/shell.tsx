import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Session, useSession } from '../account/session.tsx';
import icon from '../icon.svg';
import { rangeOf, useRouter, withRange } from '../router.ts';

interface Group {
  readonly name: string;
  readonly links: readonly (readonly [path: string, name: string])[];
}

/** The pages in the order of the menu, in groups. */
const groups: readonly Group[] = [
  {
    name: 'Now',
    links: [
      ['/', 'Overview'],
      ['/live', 'Live'],
    ],
  },
  {
    name: 'Relays',
    links: [
      ['/relays', 'Relays'],
      ['/map', 'Map'],
    ],
  },
  {
    name: 'Network',
    links: [
      ['/kinds', 'Kinds'],
      ['/clients', 'Clients'],
      ['/users', 'Users'],
      ['/zaps', 'Zaps'],
      ['/hours', 'Hours'],
    ],
  },
  {
    name: 'Tools',
    links: [
      ['/query', 'Query'],
      ['/about', 'About'],
    ],
  },
];

/** What the menu holds for this server and whoever is signed in. */
function groupsFor({ state, me }: Session): readonly Group[] {
  const trust: Group[] =
    'trust' in document.documentElement.dataset ? [{ name: 'Trust', links: [['/trust', 'Trust']] }] : [];
  if (state === 'off') return [...groups, ...trust];
  const own: Group['links'] =
    state === 'in'
      ? [['/account', 'Account'], ...(me?.role === 'user' ? [] : ([['/admin', 'Admin']] as const))]
      : [['/sign-in', 'Sign in']];
  return [...groups, ...trust, { name: 'You', links: [...own, ['/plans', 'Plans']] }];
}

/** What stands around every page: the way to its content, the menu, and the choice of light or dark. */
export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  const { path, query } = useRouter();
  const range = rangeOf(query);
  const session = useSession();
  return (
    <div class="shell">
      <a class="skip" href="#content">
        Skip to content
      </a>
      <header class="rail">
        <a class="brand" href={withRange('/', range)}>
          <img src={icon} alt="" width="28" height="28" />
          <span>Nostrata</span>
        </a>
        <nav aria-label="Pages" class="menu">
          {groupsFor(session).map(({ name, links }) => (
            <ul key={name} aria-label={name}>
              {links.map(([to, label]) => (
                <li key={to}>
                  <a href={withRange(to, range)} aria-current={isAt(path, to) ? 'page' : undefined}>
                    {label}
                  </a>
                </li>
              ))}
            </ul>
          ))}
        </nav>
        <ThemeToggle />
      </header>
      <main id="content" tabIndex={-1}>
        {isSynthetic() ? (
          <p class="synthetic" role="note">
            This network is made up. Its relays and people live on the machine that runs this page.
          </p>
        ) : null}
        {children}
      </main>
    </div>
  );
}

/** The server says so in the document itself, so that no page is ever without it. */
function isSynthetic(): boolean {
  return 'synthetic' in document.documentElement.dataset;
}

function isAt(path: string, to: string): boolean {
  return to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`);
}

function ThemeToggle(): JSX.Element {
  const [theme, setTheme] = useState(currentTheme);
  const other = theme === 'dark' ? 'light' : 'dark';
  const toggle = (): void => {
    document.documentElement.dataset.theme = other;
    try {
      localStorage.setItem('nostrata-theme', other);
    } catch {
      // A browser that keeps nothing for this page forgets the choice with the page.
    }
    setTheme(other);
  };
  return (
    <button type="button" class="theme-toggle" onClick={toggle} aria-label={`Switch to ${other} colours`}>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="7" />
        <path d="M10 3a7 7 0 0 1 0 14z" />
      </svg>
      <span aria-hidden="true">{other === 'dark' ? 'Dark' : 'Light'}</span>
    </button>
  );
}

function currentTheme(): 'light' | 'dark' {
  return document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light';
}
