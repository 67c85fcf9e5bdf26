import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { skipWithoutChromium } from '@nostrata/testing';
import type { Scene } from './test-scenes.ts';
import { findBarriers, goTo, startReader, type TestReader } from './test-visit.ts';

const failures = /Failed to load resource/;

const emptyWords = [
  ['/', 'Nothing was collected yet'],
  ['/relays', 'No relay is known yet'],
  ['/kinds', 'No events in this span'],
  ['/users', 'Nobody has published yet'],
  ['/clients', 'No events in this span'],
  ['/map', 'No relay is known yet'],
  ['/zaps', 'No zaps in this span'],
  ['/hours', 'No events in this span'],
] as const;

describe('states of the page', { skip: skipWithoutChromium() }, () => {
  let reader: TestReader | undefined;
  before(async () => {
    reader = await startReader();
  });
  after(() => reader?.[Symbol.asyncDispose]());

  async function visit(path: string, scene: Scene) {
    assert.ok(reader);
    return await reader.visit(path, { scene, expected: failures });
  }

  test('while figures are loaded there are grey shapes and a word for screen readers', async () => {
    await using loading = await visit('/', 'loading');
    await loading.page.getByText('Loading figures…').waitFor({ state: 'attached' });
    assert.ok((await loading.page.locator('.skeleton-plate').count()) > 0);
    assert.deepEqual(await findBarriers(loading.page), []);
  });

  test('without any events every page says so in words and shows no broken chart', async () => {
    await using empty = await visit('/', 'empty');
    const { page } = empty;
    for (const [path, words] of emptyWords) {
      await goTo(page, path);
      await page.getByText(words).waitFor();
      assert.equal(await page.getByText('NaN').count(), 0, path);
    }
    assert.deepEqual(empty.faults, []);
  });

  test('the last good copy is shown with its age', async () => {
    await using stale = await visit('/', 'stale');
    await stale.page.getByText('This is the last good copy, 2 h ago.').waitFor();
    await stale.page.getByText('812', { exact: true }).first().waitFor();
  });

  test('a part of a range is called one', async () => {
    await using partial = await visit('/zaps', 'partial');
    await partial.page.getByText('This range reaches back before 1 Feb 2023').waitFor();
    assert.deepEqual(await findBarriers(partial.page), []);
  });

  test('an error is told in its own words, and trying again helps', async () => {
    await using broken = await visit('/clients', 'error');
    await broken.page.getByRole('alert').getByText('The statistics cannot be read at the moment.').waitFor();
    assert.deepEqual(await findBarriers(broken.page), []);
    reader?.site.show('usual');
    await broken.page.getByRole('button', { name: 'Try again' }).click();
    await broken.page.getByText('Damus').first().waitFor();
  });

  test('without a connection the page says so, and what was seen before stays with its age', async () => {
    await using offline = await visit('/', 'usual');
    const { page } = offline;
    await page.getByText('812', { exact: true }).first().waitFor();
    reader?.site.show('offline');
    await page.getByRole('link', { name: 'Zaps', exact: true }).first().click();
    await page.getByRole('link', { name: '7d', exact: true }).click();
    await page.getByText('The server cannot be reached.').first().waitFor();
    await page.clock.setFixedTime(Date.parse('2026-11-21T10:00:00Z'));
    await page.goBack();
    await page.getByText('These figures are of 42 min ago.').first().waitFor();
    await page.getByText('59.6M').first().waitFor();
  });

  test('an address without a page and a relay that is not known are told apart', async () => {
    await using lost = await visit('/nowhere', 'usual');
    await lost.page.getByRole('heading', { name: 'Nothing here' }).waitFor();
    await using unknown = await visit('/relays/wss%3A%2F%2Fnobody.example%2F', 'usual');
    await unknown.page.getByText('There is nothing at').waitFor();
  });

  test('figures of another version break nothing but their own page', async () => {
    await using foreign = await visit('/', 'foreign');
    const { page } = foreign;
    await page.getByRole('alert').getByText('The server sent figures that this page does not know.').waitFor();
    await page.getByRole('link', { name: 'Query', exact: true }).click();
    await page.getByRole('heading', { name: 'Query' }).waitFor();
  });
});
