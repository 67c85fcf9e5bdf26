import assert from 'node:assert/strict';
import type { HttpRoute } from './contract.ts';
import { Problem } from './problem.ts';

/** All routes of one path. */
export interface PathEntry {
  readonly routeByMethod: ReadonlyMap<string, HttpRoute>;
  /** The methods as `Allow` lists them. */
  readonly allow: string;
}

/** A path that is served, and what it says. */
export interface FoundPath {
  readonly entry: PathEntry;
  /** Pieces of the path by the names that a route has for them. @throws Problem 400 */
  piecesOf(route: HttpRoute): Readonly<Record<string, string>>;
}

interface Draft {
  readonly routeByMethod: Map<string, HttpRoute>;
  readonly pattern: RegExp;
  allow: string;
}

/** The names of the parameters that a path carries. */
export function pathNames(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
}

/**
 * Creates the finder of routes by path as the URL has it, with or without a slash at its end. A path without parameters
 * is taken before one with; of those the first that fits.
 */
export function createFindPath(routes: readonly HttpRoute[]): (path: string) => FoundPath | undefined {
  const drafts = collect(routes);
  const fixed = new Map<string, Draft>();
  const open = new Map<number, Draft[]>();
  for (const [shape, draft] of drafts) {
    if (!shape.includes(':')) fixed.set(shape, draft);
    else open.set(countSlashes(shape), [...(open.get(countSlashes(shape)) ?? []), draft]);
  }
  const nothing = Object.freeze({});
  return (given) => {
    const path = given.length > 1 && given.endsWith('/') ? given.slice(0, -1) : given;
    const entry = fixed.get(path);
    if (entry !== undefined) return { entry, piecesOf: () => nothing };
    for (const candidate of open.get(countSlashes(path)) ?? []) {
      const found = candidate.pattern.exec(path);
      if (found !== null) return { entry: candidate, piecesOf: (route) => readPieces(route, found) };
    }
    return undefined;
  };
}

function collect(routes: readonly HttpRoute[]): Map<string, Draft> {
  const drafts = new Map<string, Draft>();
  for (const route of routes) {
    const shape = route.path.replaceAll(/:\w+/g, ':');
    const draft = drafts.get(shape) ?? { routeByMethod: new Map(), pattern: toPattern(route.path), allow: '' };
    assert(!draft.routeByMethod.has(route.method), `${route.method} ${route.path} is there twice`);
    draft.routeByMethod.set(route.method, route);
    if (route.method === 'GET') draft.routeByMethod.set('HEAD', route);
    draft.allow = [...draft.routeByMethod.keys(), 'OPTIONS'].join(', ');
    drafts.set(shape, draft);
  }
  return drafts;
}

function toPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '([^/]+)')}$`);
}

function countSlashes(path: string): number {
  let count = 0;
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) count += 1;
  return count;
}

function readPieces(route: HttpRoute, found: RegExpExecArray): Readonly<Record<string, string>> {
  return Object.fromEntries(pathNames(route.path).map((name, index) => [name, decodePiece(found[index + 1] ?? '')]));
}

function decodePiece(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch (cause) {
    throw new Problem(400, 'bad-url', { message: 'the path is not percent-encoded as it should be', cause });
  }
}

/** Path and query of a URL as they were sent; frameworks decode parts of them. */
export function splitUrl(url: string): { readonly target: string; readonly path: string; readonly query: string } {
  const begin = url.indexOf('/', url.indexOf('://') + 3);
  const [target = '/'] = (begin < 0 ? '/' : url.slice(begin)).split('#', 1);
  const mark = target.indexOf('?');
  if (mark < 0) return { target, path: target, query: '' };
  return { target, path: target.slice(0, mark), query: target.slice(mark + 1) };
}
