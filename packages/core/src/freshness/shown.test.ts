import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate, openSqlite } from '@nostrata/database';
import { shownAgainMs, shownAgeMaxMs, shownPeopleMax } from '../limits.ts';
import { coreMigrations } from '../schema.ts';
import { createTestClock } from '../test-clock.ts';
import { createShownPeople } from './shown.ts';

const rethrow = (what: string, error: unknown): never => {
  throw new Error(what, { cause: error });
};

async function openDatabase() {
  const database = openSqlite(':memory:');
  await migrate(database, coreMigrations);
  return database;
}

test('people shown outlive the process, the latest first, until they were not shown for long', async () => {
  await using database = await openDatabase();
  const clock = createTestClock(1_000_000_000);
  const first = await createShownPeople(database, clock, rethrow);
  first.note('a');
  clock.advance(1_000);
  first.note('b');
  clock.advance(shownAgainMs);
  first.note('a');
  await first.stop();
  const second = await createShownPeople(database, clock, rethrow);
  assert.deepEqual(second.list(), ['a', 'b']);
  clock.advance(shownAgeMaxMs - shownAgainMs);
  assert.deepEqual(second.list(), ['a']);
  await second.stop();
  const rows = await database.query<{ pubkey: string }>('SELECT pubkey FROM core_shown');
  assert.deepEqual(
    rows.map(({ pubkey }) => pubkey),
    ['a'],
  );
});

test('no more than so many people are remembered, those shown first are forgotten first', async () => {
  await using database = await openDatabase();
  const clock = createTestClock(1_000_000_000);
  const shown = await createShownPeople(database, clock, rethrow);
  for (let index = 0; index < shownPeopleMax + 10; index += 1) {
    clock.advance(1);
    shown.note(`${index}`);
  }
  assert.equal(shown.list().length, shownPeopleMax);
  assert.equal(shown.list()[0], `${shownPeopleMax + 9}`);
  assert.equal(shown.list().includes('9'), false);
  await shown.stop();
  const again = await createShownPeople(database, clock, rethrow);
  assert.deepEqual(again.list(), shown.list());
  await again.stop();
});
