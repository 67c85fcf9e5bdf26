import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Database, migrate, openPostgres, openSqlite } from '@nostrata/database';
import { createRumor, getChatRoomId, type Rumor } from '@nostrata/protocol';
import { createKeys, fc, startPostgres } from '@nostrata/testing';
import { messageMigrations } from './schema.ts';
import { createSidecar, type PagePosition, type Sidecar } from './sidecar.ts';

const viewer = createKeys('viewer').pubkey;
const people = ['alice', 'bob'].map((seed) => createKeys(seed).pubkey);
const now = 1_700_000_000;

type Step =
  | { readonly type: 'add'; readonly wrap: number; readonly rumor: number }
  | { readonly type: 'remove'; readonly wrap: number }
  | { readonly type: 'fail'; readonly wrap: number };

/** Few rumors, so that wraps share them: messages of two people, and deletions and reactions of both. */
const rumors: readonly Rumor[] = makeRumors();

function makeRumors(): Rumor[] {
  const made: Rumor[] = [];
  const make = (author: number, kind: number, extra: string[][] = []): void => {
    const pubkey = people[author] ?? '';
    const tags = [['p', viewer], ...extra];
    const created_at = now - 100 + Math.floor(made.length / 3);
    made.push(createRumor({ pubkey, created_at, kind, tags, content: `rumor ${made.length}` }));
  };
  for (let index = 0; index < 6; index++) make(index % 2, 14, index === 3 ? [['subject', 'topic']] : []);
  for (const author of [0, 1]) for (const target of [0, 1, 2]) make(author, 5, [['e', made[target]?.id ?? '']]);
  for (const author of [0, 1]) make(author, 7, [['e', made[author]?.id ?? '']]);
  return made;
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('add' as const), wrap: fc.nat(15), rumor: fc.nat(rumors.length - 1) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('remove' as const), wrap: fc.nat(15) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('fail' as const), wrap: fc.nat(15) }) },
);
const wrapId = (wrap: number): string => String(wrap).padStart(64, '0');

/** What a viewer should see: every rumor of an opened wrap that is still there and was never taken back. */
function expectedMessages(steps: readonly Step[]): Set<string> {
  const rumorByWrap = new Map<number, number>();
  const takenBack = new Set<string>();
  for (const one of steps) {
    if (one.type === 'remove') rumorByWrap.delete(one.wrap);
    if (one.type !== 'add' || rumorByWrap.has(one.wrap)) continue;
    rumorByWrap.set(one.wrap, one.rumor);
    const rumor = rumors[one.rumor];
    const target = rumor?.kind === 5 ? rumors.find(({ id }) => rumor.tags.some((tag) => tag[1] === id)) : undefined;
    if (target && target.pubkey === rumor?.pubkey) takenBack.add(target.id);
  }
  const visible = [...rumorByWrap.values()].flatMap((index) => rumors[index] ?? []);
  return new Set(visible.filter(({ id, kind }) => kind === 14 && !takenBack.has(id)).map(({ id }) => id));
}

async function play(sidecar: Sidecar, steps: readonly Step[]): Promise<void> {
  const held = new Set<number>();
  for (const one of steps) {
    const rumor = one.type === 'add' ? rumors[one.rumor] : undefined;
    if (one.type === 'remove') {
      await sidecar.remove([wrapId(one.wrap)]);
      held.delete(one.wrap);
    } else if (one.type === 'fail') {
      if (!held.has(one.wrap)) await sidecar.addFailure(viewer, wrapId(one.wrap), false);
    } else if (rumor && !held.has(one.wrap)) {
      await sidecar.add({ wrapId: wrapId(one.wrap), viewer, rumor, nowSeconds: now });
      held.add(one.wrap);
    }
  }
}

/** All pages of the rooms of both people. */
async function readAll(sidecar: Sidecar, limit: number): Promise<string[]> {
  const found: string[] = [];
  for (const person of people) {
    const room = getChatRoomId([viewer, person]);
    let before: PagePosition | undefined;
    for (;;) {
      const rows = await sidecar.listMessages(viewer, room, before ? { before, limit } : { limit });
      found.push(...rows.map(({ rumor_id }) => rumor_id));
      const last = rows.at(-1);
      if (!last || rows.length < limit) break;
      before = { sortAt: last.sort_at, id: last.rumor_id };
    }
  }
  return found;
}

async function checkLaw(database: Database, runs: number): Promise<void> {
  await migrate(database, messageMigrations);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), async (steps, limit) => {
      for (const table of ['core_message', 'core_message_deletion']) await database.query(`DELETE FROM ${table}`);
      const sidecar = createSidecar(database);
      await play(sidecar, steps);
      const found = await readAll(sidecar, limit);
      assert.equal(found.length, new Set(found).size, 'nothing twice');
      assert.deepEqual(new Set(found), expectedMessages(steps));
      const rooms = await sidecar.listRooms(viewer, 10);
      const withMessages = people.filter((pubkey) =>
        rumors.some(({ id, pubkey: author }) => author === pubkey && found.includes(id)),
      );
      assert.equal(rooms.length, withMessages.length);
    }),
    { numRuns: runs },
  );
}

test('whatever comes, leaves and is taken back, each visible message shows once (SQLite)', async () => {
  await using database = openSqlite(':memory:');
  await checkLaw(database, 150);
});

test('whatever comes, leaves and is taken back, each visible message shows once (PostgreSQL)', async (context) => {
  const server = await startPostgres();
  if (!server.isAvailable) return context.skip(server.reason);
  await using _ = server;
  await using database = await openPostgres(await server.createDatabase());
  await checkLaw(database, 15);
});

test('a wrap that fails is tried three times, and one that never can is not tried again', async () => {
  await using database = openSqlite(':memory:');
  await migrate(database, messageMigrations);
  const sidecar = createSidecar(database);
  const ids = [wrapId(1), wrapId(2), wrapId(3)];
  await sidecar.addFailure(viewer, wrapId(2), true);
  for (let attempt = 1; attempt <= 3; attempt++) {
    assert.deepEqual(await sidecar.findDone(viewer, ids), new Set([wrapId(2)]));
    await sidecar.addFailure(viewer, wrapId(1), false);
  }
  assert.deepEqual(await sidecar.findDone(viewer, ids), new Set([wrapId(1), wrapId(2)]));
});

test('what one viewer has opened is not shown to another', async () => {
  await using database = openSqlite(':memory:');
  await migrate(database, messageMigrations);
  const sidecar = createSidecar(database);
  const [rumor] = rumors;
  assert.ok(rumor);
  await sidecar.add({ wrapId: wrapId(1), viewer, rumor, nowSeconds: now });
  assert.equal((await sidecar.getRumor(viewer, rumor.id))?.rumor_id, rumor.id);
  assert.equal(await sidecar.getRumor(people[0] ?? '', rumor.id), undefined);
  assert.deepEqual(await sidecar.findDone(people[0] ?? '', [wrapId(1)]), new Set());
});
