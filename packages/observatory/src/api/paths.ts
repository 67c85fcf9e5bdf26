import { Problem } from './problem.ts';
import { pathNames } from './route.ts';

/** A route and what the path says. */
export interface Found<Route> {
  readonly route: Route;
  readonly path: Readonly<Record<string, string>>;
}

/** Creates the finder of routes by path as the URL has it, with or without a slash at its end; the first that fits. */
export function createFindRoute<Route extends { readonly path: string }>(
  routes: readonly Route[],
): (path: string) => Found<Route> | undefined {
  const entries = routes.map((route) => ({
    route,
    names: pathNames(route.path),
    pattern: new RegExp(`^${route.path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '([^/]+)')}$`),
  }));
  return (given) => {
    const path = given.replace(/\/$/, '');
    for (const { route, names, pattern } of entries) {
      const found = pattern.exec(path);
      if (found === null) continue;
      const pieces = names.map((name, index) => [name, decodePiece(found[index + 1] ?? '')]);
      return { route, path: Object.fromEntries(pieces) };
    }
    return undefined;
  };
}

function decodePiece(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    throw new Problem(400, 'bad-url', 'the path is not percent-encoded as it should be');
  }
}

/** Path and query of a URL as they were sent; frameworks decode parts of them. */
export function splitUrl(url: string): { readonly spelling: string; readonly path: string; readonly query: string } {
  const begin = url.indexOf('/', url.indexOf('://') + 3);
  const [spelling = '/'] = (begin < 0 ? '/' : url.slice(begin)).split('#', 1);
  const mark = spelling.indexOf('?');
  if (mark < 0) return { spelling, path: spelling, query: '' };
  return { spelling, path: spelling.slice(0, mark), query: spelling.slice(mark + 1) };
}
