import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, skipWithoutChromium, startBrowser } from '@nostrata/testing';
import { startTestRelay } from '../test-relay.ts';
import type { PageResult } from './test-page.ts';

declare const loadInPage: (urls: readonly string[], allowLocal: boolean) => Promise<PageResult>;

test('the pool works in a browser, with nothing of Node in its bundle', { skip: skipWithoutChromium() }, async () => {
  await using relay = await startTestRelay();
  const builder = createEventBuilder('page');
  relay.events.push(...Array.from({ length: 20 }, () => builder.note('hi')));
  // A document from another origin needs its permission, as relays give it.
  relay.information = (_, response) => {
    response.setHeader('access-control-allow-origin', '*').end(JSON.stringify({ limitation: { max_limit: 20 } }));
  };
  const gone = await startTestRelay();
  await gone.close();
  const browser = await startBrowser({ scripts: { page: new URL('test-page.ts', import.meta.url) } });
  try {
    const page = await browser.visit('page');
    const urls = [relay.url, gone.url];
    const { answers, delivered, sent } = await page.evaluate((given) => loadInPage(given, true), urls);
    assert.deepEqual(answers.map(({ end }) => end).sort(), ['eose', 'unreachable']);
    assert.equal(delivered, 20);
    assert.deepEqual(sent, { type: 'ok', accepted: true, reason: '' });
    const refused = await page.evaluate((given) => loadInPage(given, false), urls);
    assert.deepEqual(
      refused.answers.map(({ end }) => end),
      ['refused', 'refused'],
    );
    await page.close();
  } finally {
    await browser.stop();
  }
});
