import assert from 'node:assert/strict';
import { onEachEngine } from '../test-engines.ts';
import { sweepRowsMax } from './limits.ts';
import { takeAddress } from './rows.ts';
import { createTown, dayMs, startMs } from './test-town.ts';

const law = await onEachEngine();

law('holders are told of each phase once, however many processes sweep', async (database) => {
  const town = await createTown(database);
  const ann = await town.user('ann');
  const { name } = await town.names.register(ann, { name: 'alice' });
  await town.pay(name.id, ann.userId);
  const paidUntil = Date.UTC(2027, 0, 15);
  const sweep = async () => await Promise.all([town.names.sweep(), town.names.sweep(), town.names.sweep()]);
  for (const days of [-1, 0, 1, 30, 37, 66, 67, 400]) {
    town.clock.set(paidUntil + days * dayMs);
    await sweep();
  }
  const told = (await town.notes(ann.userId)).map(({ phase }) => phase);
  assert.deepEqual(told, ['active', 'grace', 'expired', 'quarantine', 'free']);
  const history = (await town.names.admin.history(name.id)).items.map(({ what }) => what).toReversed();
  assert.deepEqual(history.slice(-4), ['grace', 'expired', 'quarantine', 'free']);
  assert.deepEqual(await town.names.sweep(), { looked: 0, told: 0 });
  assert.equal((await town.audited()).filter((action) => action === 'name.phase').length, 4);
});

law('a process that was away tells the phase that is, and a renewal begins anew', async (database) => {
  const town = await createTown(database);
  const ann = await town.user('ann');
  const { name } = await town.names.register(ann, { name: 'alice' });
  await town.pay(name.id, ann.userId);
  town.clock.set(Date.UTC(2027, 0, 15) + 33 * dayMs);
  await town.names.sweep();
  town.clock.advance(1000);
  await town.pay(name.id, ann.userId);
  town.clock.advance(366 * dayMs);
  await town.names.sweep();
  const told = (await town.notes(ann.userId)).map(({ phase }) => phase);
  assert.deepEqual(told, ['active', 'expired', 'active', 'grace']);
});

law('a name of a plan that is not covered any more goes its way from when that was seen', async (database) => {
  const town = await createTown(database);
  const ann = await town.user('ann');
  town.plans.set(ann.userId, { names: 2, until: null });
  const { name } = await town.names.register(ann, { name: 'alice' });
  town.clock.advance(90 * dayMs);
  await town.names.sweep();
  assert.equal((await town.names.get(ann.userId, name.id)).phase, 'active');
  town.plans.delete(ann.userId);
  await town.names.sweep();
  town.clock.advance(60 * 60_000);
  await town.names.sweep();
  assert.equal((await town.names.get(ann.userId, name.id)).phase, 'expired');
  town.clock.advance(7 * dayMs);
  await town.names.sweep();
  assert.equal((await town.names.get(ann.userId, name.id)).phase, 'quarantine');
  // The plan comes back in time, and so does the name.
  town.plans.set(ann.userId, { names: 2, until: startMs + 900 * dayMs });
  await town.names.sweep();
  town.clock.advance(60 * 60_000);
  await town.names.sweep();
  assert.equal((await town.names.get(ann.userId, name.id)).phase, 'active');
  town.plans.delete(ann.userId);
  town.clock.advance(60 * 60_000);
  await town.names.sweep();
  town.clock.advance(37 * dayMs);
  await town.names.sweep();
  assert.deepEqual((await town.names.list(ann.userId)).items, []);
});

law('more names than one statement reads are swept in one go', async (database) => {
  const town = await createTown(database);
  const { userId, pubkey } = await town.user('ann');
  const count = sweepRowsMax + 5;
  const times = {
    heldUntilMs: startMs,
    dueMs: startMs,
    paidUntilMs: null,
    createdMs: startMs - 1,
    phaseTold: 'held',
  } as const;
  await database.transaction(async (transaction) => {
    for (let index = 0; index < count; index += 1) {
      const place = { id: `nam_${index}`, host: 'example.com', local: `name-${index}` };
      await takeAddress(transaction, { ...place, ...times, userId, pubkey, relays: [], coverage: 'paid' }, undefined);
    }
  });
  assert.deepEqual(await town.names.sweep(), { looked: count, told: count });
});
