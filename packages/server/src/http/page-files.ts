import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type { Context, Hono } from 'hono';
import type { AppBindings } from './proxy.ts';

/** A built page: its folder, the paths that are the page itself, and the policy that it is made for. */
export interface PageOptions {
  /** Holds `index.html` and `assets/`, whose names change with their content; `.br` and `.gz` stand beside texts. */
  readonly folder: string;
  readonly paths: readonly string[];
  readonly policy: string;
  /** What the page is to know of this server, as `data-` attributes: `synthetic`, `accounts`, `trust`. */
  readonly labels: readonly string[];
}

/** One file as it is sent. */
interface PageFile {
  readonly type: string;
  readonly etag: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly br?: Uint8Array<ArrayBuffer> | undefined;
  readonly gzip?: Uint8Array<ArrayBuffer> | undefined;
}

type PageContext = Context<{ Bindings: AppBindings }>;

/** A page that is held in memory. */
export interface Page {
  /** Adds the routes of the page and of its files. */
  mount(app: Hono<{ Bindings: AppBindings }>): void;
  /** The page itself. */
  answer(c: PageContext): Response;
}

const typeByExtension: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** Reads the files of a page: half a megabyte, once. */
export async function loadPage({ folder, paths, policy, labels }: PageOptions): Promise<Page> {
  const files = await loadFiles(folder);
  const built = files.get('index.html');
  if (!built) throw new Error(`there is no index.html in ${folder}`);
  const index = labels.length === 0 ? built : label(built, labels);
  const answer = (c: PageContext): Response =>
    send(c, index, {
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': policy,
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
    });
  return {
    answer,
    mount(app) {
      for (const path of paths) if (path !== '/') app.get(path, answer);
      app.get('/assets/:name', (c) => {
        const file = files.get(`assets/${c.req.param('name')}`);
        if (!file) return c.notFound();
        return send(c, file, { 'Cache-Control': 'public, max-age=31536000, immutable' });
      });
    },
  };
}

/** The page reads what it is to know from these attributes; packed copies would be without them. */
function label({ type, etag, plain }: PageFile, labels: readonly string[]): PageFile {
  const attributes = labels.map((name) => `data-${name} `).join('');
  const text = new TextDecoder().decode(plain).replace('<html ', `<html ${attributes}`);
  return { type, etag: `${etag.slice(0, -1)}-${labels.join('-')}"`, plain: new TextEncoder().encode(text) };
}

async function loadFiles(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const known = new Set(paths);
  const read = async (path: string) => (known.has(path) ? new Uint8Array(await readFile(path)) : undefined);
  const files = await Promise.all(
    paths
      .filter((path) => !/\.(?:br|gz)$/.test(path))
      .map(async (path): Promise<[string, PageFile]> => {
        const plain = new Uint8Array(await readFile(path));
        const file: PageFile = {
          type: typeByExtension[extname(path)] ?? 'application/octet-stream',
          etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
          plain,
          br: await read(`${path}.br`),
          gzip: await read(`${path}.gz`),
        };
        return [relative(folder, path).replaceAll(sep, '/'), file];
      }),
  );
  return new Map(files);
}

function send(
  c: PageContext,
  { type, etag, plain, br, gzip }: PageFile,
  headers: Readonly<Record<string, string>>,
): Response {
  const accepted = c.req.header('accept-encoding') ?? '';
  const encoded =
    br && /\bbr\b/.test(accepted)
      ? { body: br, name: 'br' }
      : gzip && /\bgzip\b/.test(accepted)
        ? { body: gzip, name: 'gzip' }
        : undefined;
  const tag = encoded ? `${etag.slice(0, -1)}-${encoded.name}"` : etag;
  const shared = {
    ...headers,
    ETag: tag,
    Vary: 'Accept, Accept-Encoding',
    'X-Content-Type-Options': 'nosniff',
    // People sign in on it: who came by TLS once comes by TLS for a year (RFC 6797).
    ...(c.env.origin.isSecure ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}),
  };
  if (c.req.header('if-none-match') === tag) return c.body(null, 304, shared);
  return c.body(encoded?.body ?? plain, 200, {
    ...shared,
    'Content-Type': type,
    ...(encoded ? { 'Content-Encoding': encoded.name } : {}),
  });
}
