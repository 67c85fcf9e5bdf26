import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Queryable, SqlRow } from '@nostrata/database';
import { createFakeClock, createKeys } from '@nostrata/testing';
import { createNameAnswers } from './answers.ts';
import { answersMax, answerTtlMs } from './limits.ts';
import { createNameSettings } from './settings.ts';

const { pubkey } = createKeys('ann');

function open(row: SqlRow | undefined) {
  const clock = createFakeClock();
  const table = { row, reads: 0, fault: undefined as Error | undefined };
  const database: Queryable = {
    query: async <Row extends SqlRow>() => {
      table.reads += 1;
      if (table.fault) throw table.fault;
      return (table.row ? [table.row] : []) as unknown as Row[];
    },
  };
  const settings = createNameSettings({ hosts: ['example.com', 'localhost:8080'] });
  const domains = { ownerOf: async () => undefined, hostsOf: async () => [] };
  const cover = { coverOf: async () => undefined, planOf: async () => ({ names: 0, untilMs: null }) };
  return { clock, table, answers: createNameAnswers({ database, clock, settings, domains, cover }) };
}

const stored = (local: string): SqlRow => ({
  ...{ id: 'nam_1', host: 'example.com', local, user_id: 'usr_1', pubkey, relays: '[]', coverage: 'granted' },
  ...{ created_ms: 0, held_until_ms: null, paid_until_ms: null, ended_ms: null, free_ms: null, is_current: 1 },
  phase_told: 'active',
});

test('an answer is kept for half a minute, one who asks at the same time as others waits for theirs', async () => {
  const { clock, table, answers } = open(stored('alice'));
  const all = await Promise.all(Array.from({ length: 100 }, async () => await answers.find('example.com', 'alice')));
  assert.ok(all.every(({ found }) => found?.pubkey === pubkey));
  assert.equal(table.reads, 1);
  clock.advance(answerTtlMs - 1);
  await answers.find('example.com', 'alice');
  assert.equal(table.reads, 1);
  clock.advance(1);
  await answers.find('example.com', 'alice');
  assert.equal(table.reads, 2);
});

test('while the database is away the last good answer stands in for an hour, and not longer than the name', async () => {
  const { clock, table, answers } = open(stored('alice'));
  await answers.find('example.com', 'alice');
  table.fault = new Error('away');
  for (let round = 0; round < 8; round++) {
    clock.advance(7 * 60_000);
    assert.equal((await answers.find('example.com', 'alice')).found?.pubkey, pubkey);
  }
  await assert.rejects(answers.find('example.com', 'bob'));
  table.fault = undefined;
  table.row = undefined;
  assert.equal((await answers.find('example.com', 'alice')).found, undefined);
  const paid = open({ ...stored('carol'), coverage: 'paid', paid_until_ms: clock.now() - 30 * 86_400_000 + 600_000 });
  paid.clock.set(clock.now());
  assert.ok((await paid.answers.find('example.com', 'carol')).found);
  paid.table.fault = new Error('away');
  paid.clock.advance(590_000);
  assert.ok((await paid.answers.find('example.com', 'carol')).found);
  paid.clock.advance(20_000);
  await assert.rejects(paid.answers.find('example.com', 'carol'));
});

test('a change shows at once, also where it is told before it is committed', async () => {
  const { clock, table, answers } = open(undefined);
  await answers.find('example.com', 'alice');
  answers.forget({ host: 'example.com', local: 'alice' });
  // Another request comes in before the commit and sees the old state: it must not be kept.
  assert.equal((await answers.find('example.com', 'alice')).found, undefined);
  table.row = stored('alice');
  assert.equal((await answers.find('example.com', 'alice')).found?.pubkey, pubkey);
  clock.advance(60_000);
  await answers.find('example.com', 'alice');
  const { reads } = table;
  await answers.find('example.com', 'alice');
  assert.equal(table.reads, reads);
});

test('a failure of the database is told and not kept', async () => {
  const { table, answers } = open(stored('alice'));
  table.fault = new Error('away');
  await assert.rejects(answers.find('example.com', 'alice'), /away/);
  table.fault = undefined;
  assert.equal((await answers.find('example.com', 'alice')).found?.pubkey, pubkey);
});

test('what is no name asks no database, and however many names are asked for, so many are kept', async () => {
  const { table, answers } = open(undefined);
  for (const local of ['', 'a b', 'a\u0000', 'é', 'x'.repeat(65), '%', "' OR 1=1"])
    await answers.find('example.com', local);
  assert.equal(table.reads, 0);
  for (let index = 0; index <= answersMax; index += 1) await answers.find('example.com', `n${index}`);
  const { reads } = table;
  await answers.find('example.com', `n${answersMax}`);
  assert.equal(table.reads, reads);
  await answers.find('example.com', 'n0');
  assert.equal(table.reads, reads + 1);
});

test('a kept answer takes no more than a fifth of a millisecond', async () => {
  const { answers } = open(stored('alice'));
  const count = 20_000;
  await answers.find('example.com', 'alice');
  const started = performance.now();
  for (let index = 0; index < count; index += 1) await answers.find('example.com', 'alice');
  const perSecond = count / ((performance.now() - started) / 1000);
  assert.ok(perSecond > 5_000, `${Math.round(perSecond)} a second`);
});
