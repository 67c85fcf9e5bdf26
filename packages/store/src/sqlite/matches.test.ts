import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqlite } from '@nostrata/database';
import type { VerifiedEvent } from '@nostrata/protocol';
import { openStore } from '../open.ts';
import { searchPartRows, searchPartsMax, stepRowsMax } from './limits.ts';
import { createLongSearches, type MatchRow, matchesSql } from './long-searches.ts';
import { createMatchHeap } from './match-heap.ts';
import { findMatches } from './matches.ts';
import type { ReadContext } from './read-context.ts';
import { createReader } from './reader.ts';
import { searchTable } from './schema.ts';

/** An index with so many rows, and searches over it that note what is fetched before others have their turn. */
function createLab(rows: number, signal?: AbortSignal) {
  const { handle } = openSqlite(':memory:');
  handle.exec(
    'CREATE TABLE event (seq INTEGER PRIMARY KEY, id48, kind, created_at, expires_at, json); CREATE TABLE removal (seq)',
  );
  handle.exec(searchTable);
  handle.exec('BEGIN');
  const insert = handle.prepare('INSERT INTO search (rowid, text) VALUES (?, ?)');
  for (let seq = 1; seq <= rows; seq += 1)
    insert.run(seq, `${'word '.repeat(1 + (seq % 7))}${'else '.repeat(seq % 5)}`);
  handle.exec('COMMIT');
  const noted = { thisTurn: 0, most: 0, turns: 0, opened: 0, ended: 0 };
  const longSearches = createLongSearches((words) => {
    noted.opened += 1;
    assert.equal(noted.opened - noted.ended, 1, 'two searches at once');
    const statement = handle.prepare(matchesSql);
    statement.setReturnArrays(true);
    const rows = statement.iterate(words) as unknown as IteratorObject<MatchRow>;
    const next = (count: number): MatchRow[] => {
      if (noted.thisTurn === 0) {
        noted.turns += 1;
        setImmediate(() => {
          noted.thisTurn = 0;
        });
      }
      noted.thisTurn += count;
      noted.most = Math.max(noted.most, noted.thisTurn);
      const found: MatchRow[] = [];
      for (let row = rows.next(); !row.done; row = rows.next()) {
        found.push(row.value);
        if (found.length === count) break;
      }
      return found;
    };
    return { next, end: () => (noted.ended += 1) };
  });
  const reader = createReader(':memory:', handle, 0);
  const context: ReadContext = {
    reader,
    longSearches,
    signal,
    now: () => 0,
    nowSeconds: 0,
    indexSearch: async () => undefined,
  };
  const expected = (): MatchRow[] => reader.prepare(`${matchesSql} ORDER BY rank`).all('word') as unknown as MatchRow[];
  return { context, noted, expected, close: () => handle.close() };
}

test('a search with many matches is worked out in bounded slices, and ranks all of them', async () => {
  const lab = createLab(30_000);
  const [heap, again] = await Promise.all([findMatches('word', lab.context), findMatches('word', lab.context)]);
  assert(lab.noted.most <= searchPartRows * searchPartsMax, `${lab.noted.most} rows in one turn`);
  assert(lab.noted.turns >= 6);
  assert.equal(lab.noted.ended, 2);
  const ranks = lab.expected().map(([, rank]) => rank);
  assert.deepEqual(
    heap.take(40_000).map(({ rank }) => rank),
    ranks,
  );
  assert.equal(again.size, 30_000);
  lab.close();
});

test('a search with few matches needs no connection of its own', async () => {
  const lab = createLab(stepRowsMax - 1);
  assert.equal((await findMatches('word', lab.context)).size, stepRowsMax - 1);
  assert.equal(lab.noted.opened, 0);
  lab.close();
});

test('a long search ends when it is aborted, and leaves nothing open', async () => {
  const controller = new AbortController();
  const lab = createLab(30_000, controller.signal);
  const search = findMatches('word', lab.context);
  setImmediate(() => controller.abort());
  await assert.rejects(search, { name: 'AbortError' });
  assert.deepEqual([lab.noted.opened, lab.noted.ended], [1, 1]);
  assert(lab.noted.turns < 3, `${lab.noted.turns} turns`);
  lab.close();
});

test('the heap gives the best first, as many as wanted, and can be held to one rank', () => {
  const heap = createMatchHeap();
  for (let i = 0; i < 1_000; i += 1) heap.add(i, (i * 7_919) % 10);
  assert.equal(heap.best, 0);
  assert.equal(heap.take(30).length, 30);
  assert.equal(heap.take(1_000, 0).length, 70);
  assert.deepEqual(heap.take(5, 0), []);
  assert.deepEqual(new Set(heap.take(150).map(({ rank }) => rank)), new Set([1, 2]));
  assert.equal(heap.take(2_000).length, 750);
  assert.equal(heap.best, undefined);
});

test('thousands of matches that are equally good come newest first, then lowest id', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-matches-'));
  try {
    await using store = await openStore(`sqlite:${folder}`, { now: () => 1_700_000_000_000 });
    const base = { pubkey: 'a'.repeat(64), kind: 1, tags: [], sig: 'b'.repeat(128) };
    const events = Array.from({ length: stepRowsMax * 3 }, (_, i) => {
      const id = ((i * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, '0').repeat(8);
      const content = i < 5 ? 'gm gm' : i % 400 === 0 ? 'gm to you all out there' : 'gm';
      return { ...base, id, created_at: 1_000 + ((i * 31) % 977), content } as unknown as VerifiedEvent;
    });
    await store.put(events.map((event) => ({ event })));
    const tier = ({ content }: VerifiedEvent): number => ['gm gm', 'gm', 'gm to you all out there'].indexOf(content);
    const expected = events
      .toSorted((a, b) => tier(a) - tier(b) || b.created_at - a.created_at || (a.id < b.id ? -1 : 1))
      .map(({ id }) => id);
    for (const limit of [undefined, 1, 3, 300, 5_000]) {
      const found: string[] = [];
      for await (const page of store.query([{ search: 'gm', ...(limit && { limit }) }])) {
        for (const { json } of page) found.push(JSON.parse(json).id);
      }
      assert.deepEqual(found, expected.slice(0, limit), `limit ${limit}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
