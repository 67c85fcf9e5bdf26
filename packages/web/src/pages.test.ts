import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { skipWithoutChromium } from '@nostrata/testing';
import { findBarriers, startReader, type TestReader } from './test-visit.ts';

/** Every page, and a text that is there only with its figures. */
const pages: readonly (readonly [path: string, figure: string])[] = [['/', '812']];

describe('the pages', { skip: skipWithoutChromium() }, () => {
  let reader: TestReader | undefined;
  before(async () => {
    reader = await startReader();
  });
  after(() => reader?.[Symbol.asyncDispose]());

  for (const [path, figure] of pages) {
    for (const theme of ['light', 'dark'] as const) {
      test(`${path} shows its figures to everybody in ${theme} colours, and nothing leaves the origin`, async () => {
        assert.ok(reader);
        await using visit = await reader.visit(path, { theme });
        await visit.page.getByText(figure, { exact: true }).first().waitFor();
        assert.deepEqual(await findBarriers(visit.page), []);
        assert.deepEqual(visit.faults, []);
      });
    }
  }
});
