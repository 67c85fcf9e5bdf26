import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { skipWithoutChromium } from '@nostrata/testing';
import { findBarriers, startReader, type TestReader } from './test-visit.ts';

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
  ['/query', 'latest notes'],
  ['/about', 'users.retention'],
];

describe('the pages', { skip: skipWithoutChromium() }, () => {
  let reader: TestReader | undefined;
  before(async () => {
    reader = await startReader();
  });
  after(() => reader?.[Symbol.asyncDispose]());

  for (const [path, figure] of pages) {
    test(`${path} shows its figures to everybody, in both themes, and nothing leaves the origin`, async () => {
      assert.ok(reader);
      await using visit = await reader.visit(path);
      await visit.page.getByText(figure, { exact: true }).first().waitFor();
      assert.deepEqual(await findBarriers(visit.page), []);
      await visit.page.getByRole('button', { name: 'Switch to dark colours' }).click();
      assert.deepEqual(await findBarriers(visit.page, 'color-contrast'), []);
      assert.deepEqual(visit.faults, []);
    });
  }
});
