import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createMemoryCache } from '@nostrata/cache';
import { skipWithoutChromium, startBrowser, type TestBrowser } from '@nostrata/testing';
import { createHttpApi } from './api.ts';
import { createDocsRoutes } from './docs-routes.ts';
import { defaultHttpSettings } from './settings.ts';
import { serveApi, type TestHttp } from './test-http.ts';
import { authenticate, createTimers, shelfRoutes, whoRoutes } from './test-world.ts';

describe('the page of the documentation', { skip: skipWithoutChromium() }, () => {
  let browser: TestBrowser;
  let http: TestHttp;
  before(async () => {
    const clock = createTimers();
    const routes = [...whoRoutes, ...shelfRoutes];
    const sections = [{ routes, groups: { Shelf: 'What stands on it.' } }];
    const settings = defaultHttpSettings;
    const api = createHttpApi({
      routes: [...routes, ...createDocsRoutes({ title: 'Shelf', version: '1', settings, sections, nowMs: 0 })],
      authenticate,
      cache: createMemoryCache({ clock }),
      clock,
      logger: { error: (_, message) => assert.fail(message) },
      metrics: {},
      settings,
    });
    [browser, http] = [await startBrowser({ scripts: {} }), await serveApi(api)];
  });
  after(async () => {
    await browser.stop();
    await http[Symbol.asyncDispose]();
  });

  test('sends bodies and keys as its forms say, and shows the same as a command', async () => {
    const page = await browser.context.newPage();
    await page.goto(`http://127.0.0.1:${http.port}/api/v1/docs`);
    const form = page.locator('#addBook form');
    await form.locator('textarea').fill(`{"title":"It's here"}`);
    assert.equal(
      await form.locator('.curl').textContent(),
      `curl -X POST -H 'Content-Type: application/json' -d '{"title":"It'\\''s here"}' 'http://127.0.0.1:${http.port}/api/v1/books'`,
    );
    await form.locator('button[type=submit]').click();
    await form.locator('.result[data-state=good]').waitFor();
    assert.match((await form.locator('.status').textContent()) ?? '', /^201 /);
    assert.match((await form.locator('pre').textContent()) ?? '', /"who": null,\s+"title": "It's here"/);
    await page.locator('#key').fill('key');
    const own = page.locator('#_api_v1_user_scoped form');
    assert.match((await own.locator('.curl').textContent()) ?? '', /Authorization: Bearer \$KEY/);
    await own.locator('button[type=submit]').click();
    await own.locator('.result[data-state=good]').waitFor();
    assert.match((await own.locator('pre').textContent()) ?? '', /"who": "u1"/);
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    assert.equal(wide, 0);
    await page.close();
  });
});
