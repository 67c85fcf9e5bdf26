import type { Range } from '@nostrata/observatory';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';

/** The address of the page, taken apart. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Where the reader is, and how to go elsewhere. */
export interface Router extends Place {
  /** Goes to a path as a link would. */
  go(href: string): void;
  /** Changes the query of this page without a new entry in the history; undefined and '' take a field away. */
  change(fields: Readonly<Record<string, string | undefined>>): void;
}

/** The router of the application. */
export const RouterContext = createContext<Router | undefined>(undefined);

/** The router, in a component. */
export function useRouter(): Router {
  const found = useContext(RouterContext);
  if (!found) throw new Error('the application was started without a router');
  return found;
}

function readPlace(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

/** Follows the address bar and the links of the document. */
export function useAddressBar(): Router {
  const [place, setPlace] = useState(readPlace);
  useEffect(() => {
    const follow = (): void => setPlace(readPlace());
    const onClick = (event: MouseEvent): void => {
      const href = ownLink(event);
      if (href === undefined) return;
      event.preventDefault();
      history.pushState(null, '', href);
      follow();
      scrollTo({ top: 0 });
    };
    addEventListener('popstate', follow);
    document.addEventListener('click', onClick);
    return () => {
      removeEventListener('popstate', follow);
      document.removeEventListener('click', onClick);
    };
  }, []);
  return {
    ...place,
    go: (href) => {
      history.pushState(null, '', href);
      setPlace(readPlace());
      scrollTo({ top: 0 });
    },
    change: (fields) => {
      history.replaceState(null, '', `${location.pathname}${changedQuery(location.search, fields)}`);
      setPlace(readPlace());
    },
  };
}

/** The address of a link of this page that was clicked plainly; undefined where the browser should follow it itself. */
function ownLink(event: MouseEvent): string | undefined {
  if (event.defaultPrevented || event.button !== 0) return undefined;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link?.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return undefined;
  if (link.pathname.startsWith('/api/') || link.hash !== '') return undefined;
  return `${link.pathname}${link.search}`;
}

/** A query with fields changed; undefined and '' take a field away. */
export function changedQuery(search: string, fields: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** The ranges in the order of the switch. */
export const ranges: readonly Range[] = ['24h', '7d', '30d', '90d', 'all'];
const usualRange: Range = '30d';

/** The range that the address names, the usual one where it names none. */
export function rangeOf(query: URLSearchParams): Range {
  const named = query.get('range');
  return ranges.find((range) => range === named) ?? usualRange;
}

/** A link that keeps the range. */
export function withRange(path: string, range: Range): string {
  return range === usualRange ? path : `${path}?range=${range}`;
}
