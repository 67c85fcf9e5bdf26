import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Kind } from '@nostrata/protocol';
import { type Seq, toSeq } from '@nostrata/store';
import { uncheckedPubkey, waitUntil } from '@nostrata/testing';
import type { View } from './contract.ts';
import { ViewError } from './errors.ts';
import { getRelayList, relayListView } from './relay-list.ts';
import { createRowView } from './row-view.ts';
import { countingView } from './test-counting.ts';
import { createEngines, createEvent, createStore, putAll, readRows } from './test-world.ts';
import { createViews } from './views.ts';

const folder = mkdtempSync(join(tmpdir(), 'nostrata-views-'));
const engines = await createEngines(folder);
after(async () => {
  for (const engine of engines) await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A view that says what a profile's text is, and fails on demand. */
function createTextView(options: { name?: string; version?: number; isFailing?: () => boolean } = {}): View {
  const { name = 'text', version = 1, isFailing = () => false } = options;
  const view = createRowView({
    name,
    version,
    kinds: new Set([Kind.profile]),
    table: `view_${name}`,
    columns: { pubkey: 'TEXT NOT NULL', text: 'TEXT NOT NULL' },
    key: ['pubkey'],
    toValues: (event) => [event.pubkey, `${version} ${event.content}`],
  });
  return {
    ...view,
    apply: async (changes, transaction) => {
      await view.apply(changes, transaction);
      if (isFailing()) throw new Error('out of order');
    },
  };
}

const textsOf = async (database: Parameters<typeof readRows>[0], view: View) =>
  (await readRows(database, view))[view.tables[0]?.name ?? '']?.map((row) => (row as { text: string }).text);

const profile = (author: string, content: string, created_at = 1_600_000_000) =>
  createEvent(author, { kind: Kind.profile, content, created_at });
const relayList = (author: string, url: string, created_at: number) =>
  createEvent(author, { kind: Kind.relayList, created_at, tags: [['r', url]] });

for (const engine of engines) {
  describe(engine.name, { skip: engine.skip }, () => {
    test('rows follow what is stored, replaced and deleted', async () => {
      const [store, database] = [createStore(), await engine.open()];
      await using views = await createViews({ store, database, views: [relayListView] });
      const get = async () => {
        await views.caughtUp();
        return (await getRelayList(database, uncheckedPubkey('alice')))?.relays.map(({ url }) => url);
      };
      assert.equal(await get(), undefined);
      await putAll(store, [relayList('alice', 'wss://a.example', 10)]);
      assert.deepEqual(await get(), ['wss://a.example']);
      await putAll(store, [relayList('alice', 'wss://b.example', 20), relayList('alice', 'wss://old.example', 15)]);
      assert.deepEqual(await get(), ['wss://b.example']);
      await putAll(store, [createEvent('alice', { kind: 5, tags: [['a', `10002:${uncheckedPubkey('alice')}:`]] })]);
      assert.equal(await get(), undefined);
    });

    test('a commit is applied without being asked for, and listeners are told of it', async () => {
      const [store, database] = [createStore(), await engine.open()];
      const view = createTextView();
      await using views = await createViews({ store, database, views: [view] });
      const told: string[] = [];
      const stop = views.onApplied((name, changes) => told.push(`${name} ${changes.length}`));
      await putAll(store, [profile('alice', 'one'), createEvent('bob')]);
      await waitUntil(() => views.statuses().every(({ isCaughtUp }) => isCaughtUp));
      assert.deepEqual(await textsOf(database, view), ['1 one']);
      assert.deepEqual(told, ['text 2']);
      stop();
      await putAll(store, [profile('bob', 'two')]);
      await views.caughtUp();
      assert.equal(told.length, 1);
    });

    test('a view that starts later, or again, goes on where it was', async () => {
      const [store, database] = [createStore(), await engine.open()];
      const events = Array.from({ length: 1_234 }, (_, index) => profile(`author ${index}`, 'x'));
      await store.put(events.map((event) => ({ event })));
      const applied: number[] = [];
      for (const count of [1_234, 0]) {
        await using views = await createViews({ store, database, views: [createTextView()] });
        views.onApplied((_, changes) => applied.push(changes.length));
        await views.caughtUp();
        assert.equal(
          applied.splice(0).reduce((a, b) => a + b, 0),
          count,
        );
      }
      assert.equal((await textsOf(database, createTextView()))?.length, 1_234);
    });

    test('a raised version builds the rows again, and an older program leaves them alone', async () => {
      const [store, database] = [createStore(), await engine.open()];
      await putAll(store, [profile('alice', 'x')]);
      for (const version of [1, 2]) {
        await using views = await createViews({ store, database, views: [createTextView({ version })] });
        await views.caughtUp();
        assert.deepEqual(await textsOf(database, createTextView()), [`${version} x`]);
      }
      const failed: unknown[] = [];
      const options = { store, database, views: [createTextView()], after: () => () => {} };
      await using views = await createViews({ ...options, onFailed: (_, error) => failed.push(error) });
      assert.match(String(failed[0]), /use a newer version of the program/);
      await assert.rejects(views.caughtUp(), ViewError);
      await assert.rejects(views.rebuild('text'), /newer version/);
      assert.deepEqual(await textsOf(database, createTextView()), ['2 x']);
    });

    test('the rows of another log are dropped, whether that log is shorter or longer', async () => {
      const database = await engine.open();
      for (const [round, count] of [3, 1, 5].entries()) {
        const store = createStore();
        await putAll(
          store,
          Array.from({ length: count }, (_, index) => profile(`author ${index} of ${round}`, `round ${round}`)),
        );
        await using views = await createViews({ store, database, views: [createTextView()] });
        await views.caughtUp();
        assert.deepEqual(await textsOf(database, createTextView()), Array(count).fill(`1 round ${round}`));
      }
    });

    test('a view that prepares is given the same events before its transaction, and may take its time', async () => {
      const [store, database] = [createStore(), await engine.open()];
      const text = createTextView();
      const seen: [string, number][] = [];
      const known = new WeakSet<object>();
      const view: View = {
        ...text,
        prepare: async (changes) => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          for (const change of changes) if (change.type === 'stored') known.add(change.event);
          seen.push(['prepare', changes.length]);
        },
        apply: async (changes, transaction) => {
          assert.ok(changes.every((change) => change.type === 'stored' && known.has(change.event)));
          seen.push(['apply', changes.length]);
          await text.apply(changes, transaction);
        },
      };
      await using views = await createViews({ store, database, views: [view] });
      await store.put([
        { event: profile('alice', 'x') },
        { event: createEvent('bob') },
        { event: profile('bob', 'y') },
      ]);
      await views.caughtUp();
      assert.deepEqual(seen, [
        ['prepare', 2],
        ['apply', 2],
      ]);
      assert.equal((await textsOf(database, view))?.length, 2);
    });

    test('one view that fails does not stop the others, and goes on when it can', async () => {
      const [store, database] = [createStore(), await engine.open()];
      let isFailing = true;
      const good = createTextView({ name: 'good' });
      const bad = createTextView({ name: 'bad', isFailing: () => isFailing });
      const failures: string[] = [];
      const timers: (() => void)[] = [];
      await using views = await createViews({
        store,
        database,
        views: [bad, good],
        after: (_, callback) => {
          timers.push(callback);
          return () => {};
        },
        onFailed: (name, error) => failures.push(`${name}: ${String(error)}`),
      });
      await putAll(store, [profile('alice', 'x')]);
      await views.caughtUp(undefined, ['good']);
      await assert.rejects(views.caughtUp(), /view bad failed: out of order/);
      assert.deepEqual(await textsOf(database, good), ['1 x']);
      assert.deepEqual(await textsOf(database, bad), []);
      assert.deepEqual(failures, ['bad: ViewError: view bad failed: out of order']);
      isFailing = false;
      await putAll(store, [profile('bob', 'y')]);
      await views.caughtUp(undefined, ['good']);
      timers.shift()?.();
      await waitUntil(() => views.statuses().every(({ isCaughtUp }) => isCaughtUp));
      await views.caughtUp();
      assert.deepEqual(await textsOf(database, bad), await textsOf(database, good));
      assert.deepEqual(timers, []);
    });

    // SQLite waits for a lock with the whole thread: there two processes are needed.
    if (engine.name === 'postgres')
      test('two connections to one database apply each change once, and both tell of it', async () => {
        const [store, database] = [createStore(), await engine.open()];
        const other = await engine.again(database);
        await using first = await createViews({ store, database, views: [countingView] });
        await using second = await createViews({ store, database: other, views: [countingView] });
        const told = [0, 0];
        first.onApplied((_, changes) => (told[0] = (told[0] ?? 0) + changes.length));
        second.onApplied((_, changes) => (told[1] = (told[1] ?? 0) + changes.length));
        for (let round = 0; round < 20; round += 1) {
          await store.put(Array.from({ length: 60 }, (_, i) => ({ event: createEvent(`${round} ${i}`) })));
          if (round % 5 === 0) await Promise.all([first.caughtUp(), second.caughtUp()]);
        }
        await Promise.all([first.caughtUp(), second.caughtUp()]);
        const [row] = await database.query('SELECT count(*) AS rows, max(times) AS most FROM view_counting');
        assert.deepEqual({ ...row }, { rows: 1_200, most: 1 });
        assert.deepEqual(told, [1_200, 1_200]);
      });

    test('a rebuild gives the same rows, says what it did, and the other views go on', async () => {
      const [store, database] = [createStore(), await engine.open()];
      const [text, other] = [createTextView(), createTextView({ name: 'other' })];
      let nowMs = 0;
      await using views = await createViews({
        store,
        database,
        views: [text, other],
        batchChanges: 500,
        now: () => (nowMs += 500),
      });
      await store.put(Array.from({ length: 1_100 }, (_, index) => ({ event: profile(`author ${index}`, 'x') })));
      await views.caughtUp();
      const before = await readRows(database, text);
      await database.query("UPDATE view_text SET text = 'wrong'");
      const steps: [Seq, Seq][] = [];
      const report = await views.rebuild('text', { progress: (done, last) => steps.push([done, last]) });
      assert.deepEqual(await readRows(database, text), before);
      assert.deepEqual(report, { name: 'text', changes: 1_100, rows: 1_100, seconds: 0.5 });
      assert.deepEqual(
        steps.map(([done]) => Number(done)),
        [500, 1_000, 1_100],
      );
      await views.caughtUp();
      await assert.rejects(views.rebuild('nothing'), /there is no view "nothing": text, other/);
    });

    test('a rebuild that is given up is finished by and by', async () => {
      const [store, database] = [createStore(), await engine.open()];
      const text = createTextView();
      await using views = await createViews({ store, database, views: [text], batchChanges: 500 });
      await store.put(Array.from({ length: 1_100 }, (_, index) => ({ event: profile(`author ${index}`, 'x') })));
      await views.caughtUp();
      const abort = new AbortController();
      const given = views.rebuild('text', { signal: abort.signal, progress: () => abort.abort(new Error('enough')) });
      await assert.rejects(given, /enough/);
      await views.caughtUp();
      assert.equal((await textsOf(database, text))?.length, 1_100);
    });

    test('verification names missing, foreign and changed rows and touches none', async () => {
      const [store, database] = [createStore(), await engine.open()];
      const text = createTextView();
      await using views = await createViews({ store, database, views: [text] });
      await putAll(store, [profile('alice', 'a'), profile('bob', 'b'), profile('carol', 'c')]);
      await views.caughtUp();
      assert.deepEqual((await views.rebuild('text', { verify: true })).differences, []);
      await database.query('DELETE FROM view_text WHERE pubkey = $1', [uncheckedPubkey('alice')]);
      await database.query("UPDATE view_text SET text = 'wrong' WHERE pubkey = $1", [uncheckedPubkey('bob')]);
      await database.query("INSERT INTO view_text (pubkey, text, event_id, created_at) VALUES ('f', '', '', 0)");
      const told: string[] = [];
      views.onApplied((name) => told.push(name));
      const { differences = [], rows, changes } = await views.rebuild('text', { verify: true });
      const kinds = differences.map(({ before, after: now, table }) => [table, before?.text, now?.text]);
      assert.deepEqual(kinds.sort(), [
        ['view_text', '', undefined],
        ['view_text', undefined, '1 a'],
        ['view_text', 'wrong', '1 b'],
      ]);
      assert.deepEqual([rows, changes, told], [3, 3, []]);
      assert.equal((await textsOf(database, text))?.length, 3);
      const left = await database.query("SELECT name FROM view_cursor WHERE name LIKE 'shadow%'");
      assert.equal(left.length, 0);
      await assert.rejects(database.query('SELECT * FROM shadow_text'));
    });

    test('verification goes on while events come in', async () => {
      const [store, database] = [createStore(), await engine.open()];
      const text = createTextView();
      await using views = await createViews({ store, database, views: [text, createTextView({ name: 'other' })] });
      let number = 0;
      const write = async () => {
        number += 1;
        await putAll(store, [profile(`author ${number % 7}`, `${number}`, number)]);
      };
      for (let i = 0; i < 600; i += 1) await write();
      const verification = views.rebuild('text', { verify: true, progress: () => void write() });
      for (let i = 0; i < 50; i += 1) {
        await write();
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.deepEqual((await verification).differences, []);
      await views.caughtUp();
    });

    test('positions, stopping and the end of waiting', async () => {
      const [store, database] = [createStore(), await engine.open()];
      const views = await createViews({ store, database, views: [createTextView()] });
      await putAll(store, [createEvent('alice')]);
      await views.caughtUp();
      assert.deepEqual(views.statuses(), [{ name: 'text', cursor: toSeq(1), isCaughtUp: true }]);
      const waiting = assert.rejects(views.caughtUp(toSeq(99)), /stopped/);
      await Promise.all([views.stop(), views.stop(), waiting]);
      await assert.rejects(views.caughtUp(), ViewError);
      await assert.rejects(views.rebuild('text'), ViewError);
    });
  });
}
