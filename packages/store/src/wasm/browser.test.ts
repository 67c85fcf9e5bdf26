import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { skipWithoutChromium, startBrowser, type TestBrowser, waitUntil } from '@nostrata/testing';
import type { Page } from 'playwright-core';
import type { Lab, LabOptions } from './test-lab.ts';

declare global {
  var lab: Lab;
}

/** Of one test; on a machine with nothing else to do none takes ten seconds. */
const timeout = 90_000;

/** A busy machine needs longer than one would think. */
const patienceMs = 30_000;

const sqliteWasm = new URL(import.meta.resolve('@sqlite.org/sqlite-wasm/sqlite3.wasm'));

/** Workers of browsers that offer less: what is missing is taken away before the first message. */
const poorWorkers = {
  '/worker-without-files.js': "import '/worker.js'; delete FileSystemFileHandle.prototype.createSyncAccessHandle;",
  '/worker-refused.js':
    "import '/worker.js'; navigator.storage.getDirectory = () => Promise.reject(new DOMException('not here', 'SecurityError'));",
};

describe('the store in a browser', { skip: skipWithoutChromium() }, () => {
  let browser: TestBrowser;
  before(async () => {
    const scripts = { laws: 'test-laws.ts', lab: 'test-lab.ts', worker: 'worker.ts' };
    browser = await startBrowser({
      scripts: Object.fromEntries(
        Object.entries(scripts).map(([name, file]) => [name, new URL(file, import.meta.url)]),
      ),
      texts: poorWorkers,
      files: { '/sqlite3.wasm': sqliteWasm },
      shared: ['events/permissive.jsonl.gz', 'events/survivor-ids-permissive.txt.gz'],
    });
  });
  after(async () => {
    await browser?.stop();
  });

  const visit = (): Promise<Page> => browser.visit('lab');
  const visitStorage = async (options: LabOptions): Promise<Page> => {
    const page = await visit();
    await page.evaluate((given) => lab.open(given), options);
    return page;
  };

  test('every law of the store holds', { timeout: 110_000 }, async (context) => {
    const results = await browser.runLaws('laws');
    assert.ok(results.length > 0);
    for (const { name, skip, error } of results) {
      await context.test(name, { skip }, () => {
        if (error !== undefined) throw new Error(error);
      });
    }
  });

  test('without files everything is kept in memory, and the storage says why', { timeout }, async () => {
    for (const [worker, why] of [
      ['/worker-without-files.js', /no origin private file system/],
      ['/worker-refused.js', /refuses to store anything for this site \(SecurityError: not here\)/],
    ] as const) {
      const page = await visit();
      const opened = await page.evaluate((path) => lab.open({ name: 'poor', worker: path }), worker);
      assert.equal(opened.persistent, false);
      assert.match(opened.reason ?? '', why);
      assert.deepEqual(await page.evaluate(() => lab.put(0, 2)), ['stored', 'stored']);
      await page.evaluate(() => lab.query('CREATE TABLE kept (n INTEGER)'));
      assert.deepEqual(await page.evaluate(() => lab.query('SELECT count(*) AS count FROM kept')), [{ count: 0 }]);
      await page.evaluate(() => lab.close());
      await page.close();
    }
  });

  test('a worker that cannot be loaded is told in one sentence', { timeout }, async () => {
    const page = await visit();
    const opening = page.evaluate(() => lab.open({ name: 'x', worker: '/missing.js' }));
    await assert.rejects(opening, /StoreError: the storage worker has failed/);
    await page.close();
  });

  test('SQLite that cannot be loaded is told in one sentence', { timeout }, async () => {
    const page = await visit();
    const opening = page.evaluate(() => lab.open({ name: 'x', wasmUrl: '/missing.wasm' }));
    await assert.rejects(opening, /StoreError: SQLite cannot be loaded \(/);
    await page.close();
  });

  test('a name that cannot be one of a folder is refused', { timeout }, async () => {
    const page = await visit();
    for (const name of ['', '..', 'x'.repeat(81)]) {
      await assert.rejects(
        page.evaluate((bad) => lab.open({ name: bad }), name),
        /StoreError: a storage has a name/,
      );
    }
    const odd = await page.evaluate(() => lab.open({ name: '../a b/ö:' }));
    assert.equal(odd.persistent, true);
    await page.close();
  });

  test('a storage is deleted when no tab has it open', { timeout }, async () => {
    const page = await visitStorage({ name: 'gone' });
    await page.evaluate(() => lab.put(0, 10));
    await assert.rejects(
      page.evaluate(() => lab.delete('gone')),
      /StoreError: the storage "gone" cannot be deleted while a tab has it open/,
    );
    assert.equal((await page.evaluate(() => lab.count([{}]))).count, 10);
    await page.evaluate(() => lab.close());
    await page.evaluate(() => lab.delete('gone'));
    await page.evaluate(() => lab.delete('gone'));
    await page.evaluate(() => lab.open({ name: 'gone' }));
    assert.equal((await page.evaluate(() => lab.count([{}]))).count, 0);
    await page.close();
  });

  test('a browser may be asked to keep the storage', { timeout }, async () => {
    const page = await visit();
    const opened = await page.evaluate(() => lab.open({ name: 'asked', askForPersistence: true }));
    assert.equal(opened.persistent, true);
    assert.equal(typeof opened.isProtected, 'boolean');
    await page.close();
  });

  test('files that are no databases are refused with one sentence', { timeout }, async () => {
    const page = await visitStorage({ name: 'damaged' });
    await page.evaluate(() => lab.put(0, 50));
    await page.evaluate(() => lab.close());
    assert.ok((await page.evaluate(() => lab.damage('damaged'))) > 0);
    const opening = page.evaluate(() => lab.open({ name: 'damaged' }));
    await assert.rejects(opening, /StoreError: the browser's storage "damaged" is damaged or not a database/);
    await page.close();
  });

  test('a full quota refuses what is put, loses nothing, and reads go on', { timeout }, async () => {
    const page = await visitStorage({ name: 'full' });
    await page.evaluate(() => lab.put(0, 200));
    const session = await browser.context.newCDPSession(page);
    const { origin } = browser;
    const { usage } = await session.send('Storage.getUsageAndQuota', { origin });
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 2_000_000 });
    const { stored, name, message } = await page.evaluate(() => lab.fill(200, 100));
    assert.equal(name, 'StoreError');
    assert.equal(message, 'there is no room left for the browser\'s storage "full"');
    assert.ok(stored > 0, 'something was stored before');
    const { count } = await page.evaluate(() => lab.count([{}]));
    assert.equal(count, 200 + stored);
    assert.equal((await page.evaluate(() => lab.fill(100_000, 5_000))).name, 'StoreError', 'it stays full');
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    await page.evaluate(() => lab.put(200_000, 201_000));
    assert.deepEqual((await page.evaluate(() => lab.check())).problems, []);
    await page.close();
    const again = await visitStorage({ name: 'full' });
    assert.ok((await again.evaluate(() => lab.count([{}]))).count >= 1_200 + stored);
    assert.deepEqual((await again.evaluate(() => lab.check())).problems, []);
    await again.close();
  });

  test('tables survive the page, and a transaction is one for all tabs', { timeout }, async () => {
    const [one, two] = [await visitStorage({ name: 'tables' }), await visitStorage({ name: 'tables' })];
    await one.evaluate(() => lab.query('CREATE TABLE value (n INTEGER, t TEXT)'));
    await two.evaluate(() =>
      lab.query('INSERT INTO value VALUES ($1, $2)', [Number.MAX_SAFE_INTEGER, 'a\u0000b\u2028']),
    );
    await one.evaluate(() => lab.beginForever("INSERT INTO value VALUES (1, 'never committed')"));
    const reading = two.evaluate(() => lab.query('SELECT n, t FROM value'));
    await one.close();
    const expected = [{ n: Number.MAX_SAFE_INTEGER, t: 'a\u0000b\u2028' }];
    assert.deepEqual(await reading, expected, 'what a closed tab had begun is rolled back');
    await two.evaluate(() => lab.close());
    await two.close();
    const three = await visitStorage({ name: 'tables' });
    assert.deepEqual(await three.evaluate(() => lab.query('SELECT n, t FROM value')), expected);
    await three.close();
  });

  test('several tabs are one store, whoever leads, and nothing acknowledged is lost when a leader ends', {
    timeout,
  }, async () => {
    let tabs = [
      await visitStorage({ name: 'tabs' }),
      await visitStorage({ name: 'tabs' }),
      await visitStorage({ name: 'tabs' }),
    ];
    const acknowledged: [number, number][] = [];
    for (const [index, tab] of tabs.entries()) {
      await tab.exposeFunction('note', (from: number, to: number) => acknowledged.push([from, to]));
      await tab.evaluate(() => lab.follow());
      await tab.evaluate((from) => {
        const { note } = globalThis as unknown as { note: (from: number, to: number) => void };
        void lab.putOn(from, note);
      }, index * 1_000_000);
    }
    while (tabs.length > 1) {
      const [leader, ...others] = tabs;
      const before = acknowledged.length;
      await waitUntil(() => acknowledged.length > before + 20, {
        what: 'puts under the leader',
        timeoutMs: patienceMs,
      });
      await leader?.close({ runBeforeUnload: false });
      tabs = others;
    }
    const [last] = tabs;
    assert.ok(last);
    const before = await last.evaluate(() => lab.acknowledged());
    await waitUntil(async () => (await last.evaluate(() => lab.acknowledged())) > before + 100, {
      what: 'puts by the last',
      timeoutMs: patienceMs,
    });
    const heard = acknowledged.slice();
    assert.deepEqual(await last.evaluate((ranges) => lab.missing(ranges), heard), []);
    await last.close();
    const again = await visitStorage({ name: 'tabs' });
    assert.deepEqual(await again.evaluate((ranges) => lab.missing(ranges), heard), []);
    assert.deepEqual((await again.evaluate(() => lab.check())).problems, []);
    await again.close();
  });

  test('a tab that follows is told of every change once, in order, also when the leader changes', {
    timeout,
  }, async () => {
    const [one, two] = [await visitStorage({ name: 'told' }), await visitStorage({ name: 'told' })];
    await two.evaluate(() => lab.follow());
    await one.evaluate(() => lab.put(0, 30));
    await two.evaluate(() => lab.put(30, 40));
    await one.evaluate(() => lab.put(40, 45));
    await one.close();
    await two.evaluate(() => lab.put(45, 60));
    const positions = await two.evaluate(() => lab.positions());
    assert.equal(positions.length, 60);
    await waitUntil(async () => (await two.evaluate(() => lab.told())).length >= 60, {
      what: 'all changes',
      timeoutMs: patienceMs,
    });
    assert.deepEqual(await two.evaluate(() => lab.told()), positions);
    assert.equal(await two.evaluate(() => lab.lastSeq()), positions.at(-1));
    await two.close();
  });

  test('pages that end in the middle of puts, twenty times, lose nothing that was acknowledged', {
    timeout,
  }, async () => {
    const acknowledged: [number, number][] = [];
    for (let round = 0; round < 20; round += 1) {
      const page = await visitStorage({ name: 'killed' });
      await page.exposeFunction('note', (from: number, to: number) => acknowledged.push([from, to]));
      assert.deepEqual(
        await page.evaluate((ranges) => lab.missing(ranges), acknowledged.slice(-60)),
        [],
        `round ${round}`,
      );
      const before = acknowledged.length;
      await page.evaluate((from) => {
        const { note } = globalThis as unknown as { note: (from: number, to: number) => void };
        void lab.putOn(from, note);
      }, round * 1_000_000);
      await waitUntil(() => acknowledged.length > before + round, {
        what: `puts of round ${round}`,
        timeoutMs: patienceMs,
      });
      await end(page, round % 2 === 0 ? 'close' : 'crash');
    }
    const page = await visitStorage({ name: 'killed' });
    assert.deepEqual(await page.evaluate((ranges) => lab.missing(ranges), acknowledged), []);
    assert.deepEqual((await page.evaluate(() => lab.check())).problems, []);
    await page.close();
  });

  /** Ends a page without a word: closed as a tab is, or with its process. */
  async function end(page: Page, how: 'close' | 'crash'): Promise<void> {
    if (how === 'crash') {
      const session = await browser.context.newCDPSession(page);
      const crashed = page.waitForEvent('crash');
      void session.send('Page.crash').catch(() => {
        // The session ends with the page.
      });
      await crashed;
    }
    await page.close({ runBeforeUnload: false });
  }
});
