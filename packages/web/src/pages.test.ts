import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { skipWithoutChromium, waitUntil } from '@nostrata/testing';
import { startFixtureRelay } from './test-relay.ts';
import { findBarriers, goTo, startReader, type TestReader, type Visit } from './test-visit.ts';

/** Every page, and a text that is there only with its figures. */
const pages: readonly (readonly [path: string, figure: string])[] = [
  ['/', '812'],
  ['/relays', 'primal-1.example'],
  ['/relays/wss%3A%2F%2Fprimal-1.example%2F', 'What it delivered'],
  ['/map', 'United States'],
  ['/kinds?kind=7', 'Long-form article'],
  ['/clients', '81.7 % of events do not say'],
  ['/users', 'Who comes back'],
  ['/zaps', 'Too large to believe (suspect)'],
  ['/hours', 'Saturday'],
  ['/live', 'Received in the last day'],
  ['/query', 'latest notes'],
  ['/about', 'users.retention'],
];

describe('the pages', { skip: skipWithoutChromium() }, () => {
  let reader: TestReader | undefined;
  let visit: Visit | undefined;
  let relay: Awaited<ReturnType<typeof startFixtureRelay>> | undefined;
  before(async () => {
    relay = await startFixtureRelay();
    reader = await startReader({ relayPort: relay.port });
    visit = await reader.visit('/about');
  });
  after(async () => {
    await visit?.[Symbol.asyncDispose]();
    await reader?.[Symbol.asyncDispose]();
    await relay?.network.stop();
  });

  for (const [path, figure] of pages) {
    test(`${path} shows its figures to everybody, in both themes, and nothing leaves the origin`, async () => {
      assert.ok(visit);
      const { page, faults } = visit;
      await goTo(page, path);
      await page.getByText(figure, { exact: true }).first().waitFor();
      await waitUntil(async () => (await page.locator('.skeleton').count()) === 0, { what: 'all figures' });
      assert.deepEqual(await findBarriers(page), []);
      await page.getByRole('button', { name: 'Switch to dark colours' }).click();
      assert.deepEqual(await findBarriers(page, 'color-contrast'), []);
      await page.getByRole('button', { name: 'Switch to light colours' }).click();
      assert.deepEqual(faults, []);
    });
  }

  test('the system decides between light and dark until the reader does, and the choice is kept', async () => {
    assert.ok(reader);
    await using dark = await reader.visit('/about', { theme: 'dark' });
    await dark.page.getByRole('button', { name: 'Switch to light colours' }).click();
    await dark.page.reload();
    await dark.page.getByRole('button', { name: 'Switch to dark colours' }).waitFor();
  });

  test('the world is loaded only with its map', async () => {
    assert.ok(reader);
    const world = reader.built.files.find((file) => /world-map-.*\.js$/.test(file)) ?? '';
    assert.notEqual(world, '');
    assert.equal(reader.built.first.includes(world), false);
    await using map = await reader.visit('/map');
    await map.page.getByRole('img', { name: /^World map: \d+ relays/ }).waitFor();
    assert.ok((await map.page.locator('.world circle').count()) > 20);
  });
});
