import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { skipWithoutChromium, waitUntil } from '@nostrata/testing';
import type { Page } from 'playwright-core';
import { startFixtureRelay } from './test-relay.ts';
import { goTo, startReader, type TestReader } from './test-visit.ts';

/** Every page about the network; those that take a range are seen in all of them. */
const pages = [
  '/',
  '/relays',
  '/relays/wss%3A%2F%2Fprimal-1.example%2F',
  '/map',
  '/kinds',
  '/clients',
  '/users',
  '/zaps',
  '/hours',
  '/live',
  '/query',
  '/about',
] as const;

const ranges = ['24h', '7d', '30d', '90d', 'all'] as const;

/** What an address may ask for in 15 minutes without signing in. */
const allowed = 100;

describe('requests of a visit', { skip: skipWithoutChromium() }, () => {
  let reader: TestReader | undefined;
  let relay: Awaited<ReturnType<typeof startFixtureRelay>> | undefined;
  before(async () => {
    relay = await startFixtureRelay();
    reader = await startReader({ relayPort: relay.port });
  });
  after(async () => {
    await reader?.[Symbol.asyncDispose]();
    await relay?.network.stop();
  });

  /** Everything that the page has asked for has come, and is shown. */
  async function settle(page: Page): Promise<void> {
    // A page is drawn in one frame, and asks after it.
    await page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))',
    );
    await waitUntil(async () => (await page.locator('.skeleton, .skeleton-plate').count()) === 0, { what: 'figures' });
  }

  test('every page in every range, and back again, is half of what an address may ask for', async () => {
    assert.ok(reader);
    const { asked } = reader.site;
    const from = asked.length;
    await using visit = await reader.visit('/');
    const { page } = visit;
    await settle(page);
    for (const path of pages) {
      for (const range of ranges) {
        await goTo(page, `${path}?range=${range}`);
        await settle(page);
      }
    }
    const first = asked.slice(from);
    const plain = first.filter((path) => !path.endsWith('/live'));
    assert.deepEqual([...plain].sort(), [...new Set(plain)].sort(), 'nothing is asked for twice');
    assert.ok(plain.length >= ranges.length, 'figures were asked for');
    for (const path of pages) {
      await goTo(page, `${path}?range=7d`);
      await settle(page);
    }
    const all = asked.slice(from);
    assert.deepEqual(
      all.slice(first.length).filter((path) => !path.endsWith('/live')),
      [],
      'what was seen is shown again without asking',
    );
    assert.ok(all.length <= allowed / 2, `${all.length} requests: ${all.join(', ')}`);
    assert.deepEqual(visit.faults, []);
  });
});
