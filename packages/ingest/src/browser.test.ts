import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { skipWithoutChromium, startBrowser } from '@nostrata/testing';

const skip = skipWithoutChromium();

test('the door works in a browser', { skip, timeout: 90_000 }, async (context) => {
  const browser = await startBrowser({
    scripts: {
      door: new URL('test-door.ts', import.meta.url),
      verifier: new URL('../worker.ts', import.meta.url),
      // What the guide has a page be served.
      example: exampleOf(new URL('../../../docs/browser.md', import.meta.url)),
      'store-worker': "import '@nostrata/store/wasm-worker';",
      'verifier-worker': "import '@nostrata/ingest/worker';",
    },
    files: {
      '/secp256k1.wasm': new URL('secp256k1.wasm', import.meta.resolve('tiny-secp256k1')),
      '/sqlite3.wasm': new URL(import.meta.resolve('@sqlite.org/sqlite-wasm/sqlite3.wasm')),
    },
  });
  try {
    const results = await browser.runLaws('door');
    assert.ok(results.length > 0);
    for (const { name, error } of results) {
      await context.test(name, () => {
        if (error !== undefined) throw new Error(error);
      });
    }
    await context.test('what a page is served names nothing that only Node.js has', async () => {
      for (const script of ['example', 'verifier-worker', 'store-worker']) {
        const code = await (await fetch(`${browser.origin}/${script}.js`)).text();
        assert.ok(code.length > 1_000);
        assert.doesNotMatch(code, /\bBuffer\.|\bsetImmediate\(|["']node:/, script);
      }
    });
    await context.test('the example of the guide runs', async () => {
      const page = await browser.visit('example');
      await page.close();
    });
  } finally {
    await browser.stop();
  }
});

/** The code of a document that is for browsers. Loading it as a module waits for its end. */
function exampleOf(document: URL): string {
  const [, code = ''] = /^```ts browser\n([\s\S]*?)^```$/m.exec(readFileSync(document, 'utf8')) ?? [];
  assert.notEqual(code, '', 'the guide has an example');
  return code;
}
