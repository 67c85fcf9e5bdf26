import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium, type Keys } from '@nostrata/testing';
import { type Browser, chromium, type Page } from 'playwright-core';
import { buildWeb, type WebBuild } from './build.ts';
import type { AccountsFixture } from './test-accounts.ts';
import { addExtension } from './test-extension.ts';
import { fixtureNow } from './test-fixtures.ts';
import type { Scene } from './test-scenes.ts';
import { startTestSite, type TestWebSite } from './test-site.ts';

/** How long a test waits for one thing in the page. */
const stepMs = 10_000;

/** How a page is visited. */
export interface VisitOptions {
  readonly scene?: Scene;
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  /** Messages in the console that the test expects, as a pattern. */
  readonly expected?: RegExp;
  /** A browser extension that signs with these keys (NIP-07). */
  readonly extension?: Keys;
}

/** A page in a browser, and what went wrong in it. */
export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** Errors in the console, exceptions, and requests to other origins. */
  readonly faults: readonly string[];
}

/** A browser before the fixture server. */
export interface TestReader extends AsyncDisposable {
  readonly site: TestWebSite;
  readonly built: WebBuild;
  visit(path: string, options?: VisitOptions): Promise<Visit>;
}

/** Builds the page, serves it with fixtures, and starts the browser. */
export async function startReader(
  options: { relayPort?: number; relays?: number; accounts?: AccountsFixture } = {},
): Promise<TestReader> {
  const folder = await mkdtemp(join(tmpdir(), 'nostrata-web-'));
  const built = await buildWeb({ out: join(folder, 'dist') });
  const site = await startTestSite({ folder: built.folder, ...options });
  const browser = await chromium.launch({
    executablePath: findChromium() ?? '',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-extensions', '--disable-background-networking'],
  });
  return {
    site,
    built,
    visit: (path, visitOptions = {}) => openVisit({ browser, site }, path, visitOptions),
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await site.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openVisit(
  { browser, site }: { browser: Browser; site: TestWebSite },
  path: string,
  { scene = 'usual', theme = 'light', width = 1280, expected, extension }: VisitOptions,
): Promise<Visit> {
  site.show(scene);
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: theme });
  if (extension) await addExtension(context, extension);
  const page = await context.newPage();
  page.setDefaultTimeout(stepMs);
  const faults: string[] = [];
  const note = (text: string): void => {
    if (!expected?.test(text)) faults.push(text);
  };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') note(`console: ${message.text()}`);
  });
  page.on('pageerror', ({ message }) => note(`exception: ${message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(site.origin) && !request.url().startsWith('data:')) note(`request: ${request.url()}`);
  });
  await page.clock.setFixedTime(fixtureNow);
  await page.goto(`${site.origin}${path}`);
  return { page, faults, [Symbol.asyncDispose]: () => context.close() };
}

/** Goes to a path as a link of the page does, without loading the document again. */
export async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new Event('popstate'))`);
}

/** What axe finds wrong in the page as it is now, one line for each; of one rule only where it is named. */
export async function findBarriers(page: Page, only?: 'color-contrast'): Promise<readonly string[]> {
  const source = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  // Put in by the debugger, which the page's policy does not bind.
  if (!(await page.evaluate<boolean>('"axe" in globalThis'))) await page.evaluate(await readFile(source, 'utf8'));
  return await page.evaluate(async (rule) => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } };
    interface Violation {
      readonly id: string;
      readonly help: string;
      readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
    }
    const { violations } = await axe.run(rule === undefined ? {} : { runOnly: [rule] });
    return violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary ?? ''}`)
          .slice(0, 3)
          .join(' | ')}`,
    );
  }, only);
}
