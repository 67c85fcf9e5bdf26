import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skipWithoutChromium, startBrowser } from '@nostrata/testing';

const skip = skipWithoutChromium();

test('the door works in a browser', { skip }, async (context) => {
  const browser = await startBrowser({
    scripts: {
      door: new URL('test-door.ts', import.meta.url),
      verifier: new URL('verifier/worker-browser.ts', import.meta.url),
    },
    files: { '/secp256k1.wasm': new URL('secp256k1.wasm', import.meta.resolve('tiny-secp256k1')) },
  });
  try {
    const results = await browser.runLaws('door');
    assert.ok(results.length > 0);
    for (const { name, error } of results) {
      await context.test(name, () => {
        if (error !== undefined) throw new Error(error);
      });
    }
  } finally {
    await browser.stop();
  }
});
