import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { skipWithoutChromium, waitUntil } from '@nostrata/testing';
import { startFixtureRelay } from './test-relay.ts';
import { findBarriers, goTo, startReader, type TestReader } from './test-visit.ts';

const allPaths = [
  '/',
  '/relays',
  '/relays/wss%3A%2F%2Fprimal-1.example%2F',
  '/map',
  '/kinds',
  '/users',
  '/zaps',
  '/hours',
  '/live',
  '/query',
  '/about',
] as const;

describe('use of the page', { skip: skipWithoutChromium() }, () => {
  let reader: TestReader | undefined;
  let relay: Awaited<ReturnType<typeof startFixtureRelay>> | undefined;
  before(async () => {
    relay = await startFixtureRelay();
    reader = await startReader({ relayPort: relay.port, relays: 2_000 });
  });
  after(async () => {
    await reader?.[Symbol.asyncDispose]();
    await relay?.network.stop();
  });

  async function visit(path: string, expected?: RegExp) {
    assert.ok(reader);
    return await reader.visit(path, expected ? { expected } : {});
  }

  test('the keyboard alone reaches every page, and the heading of the new page has the focus', async () => {
    await using first = await visit('/');
    const { page } = first;
    await page.getByText('812', { exact: true }).first().waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.locator(':focus').textContent(), 'Skip to content');
    await page.keyboard.press('Enter');
    assert.equal(await page.locator(':focus').getAttribute('id'), 'content');
    await page.getByRole('link', { name: 'Hours', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/hours');
    await page.locator('h1:focus', { hasText: 'Hours' }).waitFor();
    await waitUntil(async () => (await page.title()).startsWith('Hours'), { what: 'the title' });
  });

  test('a chart tells its values to the arrow keys, and is a table on demand', async () => {
    await using kinds = await visit('/kinds');
    const { page } = kinds;
    const chart = page.getByRole('slider', { name: 'Events by kind' });
    await chart.focus();
    await page.keyboard.press('Home');
    const first = await chart.getAttribute('aria-valuetext');
    assert.match(first ?? '', /^23 Oct 2026: Notes [\d.]+K, Reactions/);
    await page.keyboard.press('ArrowRight');
    assert.match((await chart.getAttribute('aria-valuetext')) ?? '', /^24 Oct 2026/);
    await page.getByRole('button', { name: /Show as table.*: Events/ }).click();
    assert.equal(await page.getByRole('table', { name: 'Events', exact: true }).getByRole('row').count(), 31);
    await page.getByText('How is this counted?').first().click();
    await page.getByText('what was deleted is taken out again').first().waitFor();
  });

  test('the range stands in the address, stays over pages, and asks for figures of its own', async () => {
    await using overview = await visit('/');
    const { page } = overview;
    await page.getByRole('link', { name: '7d', exact: true }).click();
    await page.waitForURL('**/?range=7d');
    await page.getByRole('link', { name: 'Users', exact: true }).click();
    await page.waitForURL('**/users?range=7d');
    assert.equal(await page.getByRole('link', { name: '7d', exact: true }).getAttribute('aria-current'), 'true');
    await page.getByRole('heading', { name: 'Who comes back' }).waitFor();
    assert.ok(reader?.site.asked.includes('/api/v1/stats/users/active?range=7d&group_by=day'));
    assert.equal(
      await page.getByRole('link', { name: /CSV.*: New users/ }).getAttribute('href'),
      '/api/v1/stats/users/active?range=7d&group_by=day&format=csv',
    );
  });

  test('two thousand relays are narrowed and sorted without a pause, and the choice stands in the address', async () => {
    await using relays = await visit('/relays');
    const { page } = relays;
    await page.getByText('2,000 of 2,000 relays').waitFor();
    const began = performance.now();
    await page.getByRole('searchbox', { name: 'Search' }).fill('wine');
    await page.getByLabel('State').selectOption('online');
    await page.getByLabel('Speaks NIP').selectOption('77');
    await page.getByRole('button', { name: 'Answers' }).click();
    await page.waitForURL(/search=wine.*state=online.*nip=77.*sort=read/);
    const took = performance.now() - began;
    assert.ok(took < 4_000, `${took} ms`);
    const times = await page.locator('.relay-table tbody td:nth-child(5)').allInnerTexts();
    const medians = times.map((text) => Number.parseInt(text, 10));
    assert.ok(medians.length > 5);
    assert.deepEqual(
      medians,
      [...medians].sort((a, b) => a - b),
    );
    await page.getByRole('searchbox', { name: 'Search' }).fill('no such relay');
    await page.getByRole('button', { name: 'Take the filters away' }).click();
    await page.getByText('2,000 of 2,000 relays').waitFor();
    assert.deepEqual(relays.faults, []);
  });

  test('live figures change with every second that the server tells', async () => {
    await using live = await visit('/');
    const figure = live.page.locator('[data-live="unique"]');
    await live.page.getByText('Arriving now').waitFor();
    await waitUntil(async () => /\d/.test(await figure.innerText()), { what: 'a first figure' });
    const before = await figure.innerText();
    await waitUntil(
      async () => {
        reader?.site.tick();
        return (await figure.innerText()) !== before;
      },
      { what: 'another figure' },
    );
  });

  test('new events appear by themselves, wait while the stream is paused, and run nothing of what they hold', async () => {
    assert.ok(relay);
    await using live = await visit('/live');
    const { page } = live;
    await page.getByText('<img src=x onerror').waitFor();
    assert.equal(await page.locator('.event img, .event script').count(), 0);
    assert.doesNotMatch(await page.locator('.events').innerText(), /\u202e/);
    const links = await page
      .locator('.event .content a')
      .evaluateAll((found) => found.map((link) => [link.getAttribute('href'), link.getAttribute('rel')]));
    assert.deepEqual(links, [['https://good.example/page', 'noopener noreferrer nofollow ugc']]);
    relay.network.relay(0).announce(relay.next('fresh from the relay'));
    await page.getByText('fresh from the relay').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    relay.network.relay(0).announce(relay.next('written in the pause'));
    await page.getByText('Paused, 1 waiting').waitFor();
    assert.equal(await page.getByText('written in the pause').count(), 0);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('written in the pause').waitFor();
    await page.getByLabel('Kind').selectOption('30023');
    await page.getByText('Who counts what').waitFor();
    await page.getByText('written in the pause').waitFor({ state: 'detached' });
    assert.deepEqual(await findBarriers(page), []);
    assert.match(await page.title(), /^Live/);
    assert.deepEqual(live.faults, []);
  });

  test('a filter is asked of the store, its faults are named while it is written', async () => {
    await using query = await visit('/query');
    const { page } = query;
    const filter = page.getByLabel('Filter, or a list of filters');
    await filter.fill('{"kinds": [1');
    await page.getByText('This is not JSON yet').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Ask' }).isDisabled());
    await filter.fill('{"kinds": ["one"]}');
    await page.getByText('This is no filter').waitFor();
    await filter.fill('{"kinds": [30023], "#t": ["nostr"]}');
    await page.keyboard.press('Control+Enter');
    await page.getByText('1 event in').waitFor();
    await page.getByText('# On counting').waitFor();
    await page.getByText('Whole event').click();
    await page.getByText('"on-counting"').waitFor();
    assert.match(page.url(), /filter=/);
    assert.deepEqual(await findBarriers(page), []);
    assert.deepEqual(query.faults, []);
  });

  test('another relay is asked too, and forged events of it are not shown', async () => {
    assert.ok(relay);
    const other = await relay.network.addRelay();
    const genuine = relay.next('signed by its author');
    other.put(genuine, { ...relay.next('somebody else wrote this'), content: 'put into a mouth' });
    await using query = await visit(`/query?relay=${encodeURIComponent(other.url)}`, /127\.0\.0\.1/);
    await query.page.getByRole('button', { name: 'Ask' }).click();
    await query.page.getByText('signed by its author').waitFor();
    await query.page.getByText('1 events of this relay have a wrong id or signature').waitFor();
    assert.equal(await query.page.getByText('put into a mouth').count(), 0);
    await other.stop();
    await query.page.getByRole('button', { name: 'Ask' }).click();
    await query.page.getByText('The relay cannot be reached.').waitFor();
  });

  test('no page is wider than a phone', async () => {
    assert.ok(reader);
    await using narrow = await reader.visit('/', { width: 360 });
    const { page } = narrow;
    for (const path of allPaths) {
      await goTo(page, path);
      await page.locator('main .page-head h1').waitFor();
      await waitUntil(async () => (await page.locator('.skeleton').count()) === 0, { what: `the figures of ${path}` });
      const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      assert.ok(wider <= 0, `${path} is ${wider} px too wide`);
    }
  });
});
