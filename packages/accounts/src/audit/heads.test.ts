import assert from 'node:assert/strict';
import { onEachEngine } from '../test-engines.ts';
import { parseHead } from './heads.ts';
import { createWorld } from './test-world.ts';
import { verifyAudit } from './verify.ts';

const law = await onEachEngine();
const day = 86_400_000;

law('the head of a day is signed once, whoever else does it at the same moment', async (database) => {
  const { appendMany, append, createHeads, published } = createWorld(database);
  await appendMany(3);
  await Promise.all(Array.from({ length: 6 }, () => createHeads().anchor()));
  await append(3);
  await createHeads().anchor();
  const rows = await database.query('SELECT day, seq FROM audit_head');
  assert.deepEqual(rows.map(Object.values), [[Date.parse('2026-03-01T00:00:00Z') / day, 3]]);
  assert.equal(new Set(published.map(({ id }) => id)).size, 1);
});

law('heads name the one before, and days on which nothing was added have none', async (database) => {
  const { append, createHeads, published, clock } = createWorld(database);
  const heads = createHeads();
  await heads.anchor();
  await append(0);
  await heads.anchor();
  await heads.anchor();
  clock.advance(day);
  await heads.anchor();
  clock.advance(day);
  await append(1);
  await heads.anchor();
  const [first, second, ...more] = published;
  assert.deepEqual(more, []);
  assert.ok(first && second);
  assert.deepEqual(
    second.tags.slice(0, 4).map(([name, value]) => (name === 'x' ? name : [name, value])),
    [['d', 'nostrata-audit:2026-03-03'], 'x', ['seq', '2'], ['e', first.id]],
  );
  assert.equal(parseHead(second)?.seq, 2);
  assert.equal((await verifyAudit(database)).heads, 2);
});

law('a head that could not be published is, when it can be', async (database) => {
  const { append, createHeads, published, state, failed } = createWorld(database);
  const heads = createHeads();
  await append(0);
  state.isAway = true;
  await heads.anchor();
  assert.deepEqual([failed, published], [['audit-head'], []]);
  state.isAway = false;
  await heads.anchor();
  await heads.anchor();
  assert.equal(published.length, 1);
  await createHeads().anchor();
  assert.equal(published.length, 2, 'another process cannot know and publishes the same event again');
  assert.equal(published[0]?.id, published[1]?.id);
});
