import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { skipWithoutChromium, startBrowser, type TestBrowser } from '@nostrata/testing';
import { liveFigures, startMs } from './test-figures.ts';
import { serveApi, type TestHttp } from './test-http.ts';
import { createWorld, type World } from './test-world.ts';

describe('the page of the documentation', { skip: skipWithoutChromium() }, () => {
  let browser: TestBrowser;
  let http: TestHttp;
  let world: World;
  before(async () => {
    world = createWorld();
    for (let second = 0; second < 6; second++) world.live.say(liveFigures(startMs + second * 1_000));
    [browser, http] = [await startBrowser({ scripts: {} }), await serveApi(world.api)];
  });
  after(async () => {
    await browser.stop();
    await http[Symbol.asyncDispose]();
  });

  const open = async (width = 1280) => {
    const page = await browser.context.newPage();
    await page.setViewportSize({ width, height: 900 });
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
    });
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('request', (request) => {
      if (!request.url().startsWith(http.origin)) faults.push(`asked ${request.url()}`);
    });
    await page.goto(`${http.origin}/api/v1/docs`);
    return { page, faults };
  };

  test('needs nothing but this server, breaks no policy of its own and fits a phone', async () => {
    for (const width of [1280, 390]) {
      const { page, faults } = await open(width);
      assert.equal(await page.title(), 'Nostrata API');
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
      assert.equal(wide, width);
      assert.deepEqual(faults, []);
      await page.close();
    }
  });

  test('sends what its forms say and shows the answer', async () => {
    const { page, faults } = await open();
    const form = page.locator('#listRelays form');
    await form.locator('[name=limit]').fill('2');
    await form.locator('[name=sort]').selectOption('url');
    assert.equal(
      await form.locator('.curl').textContent(),
      `curl '${http.origin}/api/v1/stats/relays?sort=url&limit=2'`,
    );
    await form.locator('button[type=submit]').click();
    await form.locator('.result').waitFor();
    assert.match((await form.locator('.status').textContent()) ?? '', /^200 OK · /);
    assert.match((await form.locator('pre').textContent()) ?? '', /"url": "wss:\/\/relay\.example\.com"/);
    const bad = page.locator('#getRelayUptime form');
    await bad.locator('[name=url]').fill('wss://unknown.example.com');
    await bad.locator('[name=url]').press('Enter');
    await bad.locator('.result[data-state=bad]').waitFor();
    assert.match((await bad.locator('pre').textContent()) ?? '', /unknown-relay/);
    assert.match(faults.join(), /^Failed to load resource: [^,]*404[^,]*$/, 'the browser reports the 404 alone');
    const live = page.locator('#followLive form');
    await live.locator('button[type=submit]').click();
    await page.waitForFunction(`/first 5 events/.test(document.querySelector('#followLive .status').textContent)`);
    assert.equal(((await live.locator('pre').textContent()) ?? '').split('\n').length, 5);
    await page.close();
  });

  test('is searched and walked through by the keyboard alone', async () => {
    const { page } = await open();
    await page.keyboard.press('/');
    await page.keyboard.type('retention');
    assert.equal(await page.locator('#found').textContent(), '1 route');
    assert.equal(await page.locator('main article:visible').count(), 1);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(new URL(page.url()).hash, '#getRetention');
    await page.keyboard.press('/');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#find').inputValue(), '');
    assert.ok((await page.locator('main article:visible').count()) > 30);
    await page.keyboard.type('zzzz');
    assert.equal(await page.locator('#found').textContent(), 'No route has all these words.');
    await page.close();
  });

  test('is readable for everybody in both themes, and keeps the theme that was chosen', async () => {
    const { page } = await open();
    await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const themes: string[] = [];
    // One of each: all routes are drawn alike.
    const parts = "['header', 'nav', '.intro', '#listRelays', '#followLive', '#exportHistory', '#type-RelayRow']";
    // The second look is at what a theme changes.
    for (const options of ["{ resultTypes: ['violations'] }", "{ runOnly: ['color-contrast'] }"]) {
      const rules = `axe.run(${parts}, ${options}).then(({ violations }) =>
        violations.map(({ id, nodes }) => id + ' ' + nodes.slice(0, 3).map(({ target }) => target).join(' ')))`;
      assert.deepEqual(await page.evaluate<string[]>(rules), [], options);
      await page.locator('#theme').click();
      themes.push(await page.evaluate<string>('document.documentElement.dataset.theme'));
    }
    assert.deepEqual(themes, ['dark', 'light']);
    await page.locator('#theme').click();
    await page.reload();
    assert.equal(await page.evaluate<string>('document.documentElement.dataset.theme'), 'dark');
    await page.close();
  });
});
