import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sharedData } from '@nostrata/testing';
import { findChromium, startBrowser, type TestBrowser } from './test-browser.ts';
import type { PageResult } from './test-page.ts';

const chromium = findChromium();
const skip = chromium === undefined ? 'no Chromium on this machine (Debian: apt-get install chromium)' : false;

const shared = ['events/permissive.jsonl.gz', 'events/survivor-ids-permissive.txt.gz'];

declare global {
  var runLaws: (pattern: string) => Promise<PageResult[]>;
}

describe('the store in a browser', { skip }, () => {
  let browser: TestBrowser;
  before(async () => {
    const files = new Map<string, string>();
    for (const path of shared) {
      const file = sharedData(path);
      if (file !== null) files.set(`/shared/data/${path}`, file);
    }
    browser = await startBrowser(chromium ?? '', files);
  });
  after(async () => {
    await browser?.stop();
  });

  test('every law of the store holds', { timeout: 110_000 }, async (context) => {
    const page = await browser.context.newPage();
    page.on('console', (message) => context.diagnostic(`console: ${message.text()}`));
    page.on('pageerror', (error) => context.diagnostic(`page: ${error.message}`));
    await page.goto(`${browser.origin}/`);
    const results = await page.evaluate(
      async ({ paths, seed, pattern }) => {
        const texts: Record<string, string> = {};
        for (const path of paths) {
          const answer = await fetch(path);
          if (answer.ok) texts[path] = await answer.text();
        }
        const environment = { NOSTRATA_SHARED: '/shared', NOSTRATA_SEED: seed };
        const process = {
          env: environment,
          stdout: { write: () => true },
          on: () => undefined,
          argv: ['', ''],
          execArgv: [],
        };
        Object.assign(globalThis, { sharedTexts: texts, __process: process });
        await import(/* the bundle */ String('/page.js'));
        return await globalThis.runLaws(pattern);
      },
      {
        paths: shared.map((path) => `/shared/data/${path}`),
        seed: process.env.NOSTRATA_SEED ?? '',
        pattern: process.env.NOSTRATA_LAWS ?? '.',
      },
    );
    assert.ok(results.length > 0);
    for (const { name, skip: reason, error } of results) {
      await context.test(name, { skip: reason }, () => {
        if (error !== undefined) throw new Error(error);
      });
    }
    const slowest = results.toSorted((a, b) => b.seconds - a.seconds).slice(0, 8);
    for (const { name, seconds } of slowest) context.diagnostic(`${seconds.toFixed(1)} s ${name}`);
    await page.close();
  });
});
