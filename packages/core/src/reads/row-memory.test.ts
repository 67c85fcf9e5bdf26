import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { type Change, toSeq } from '@nostrata/store';
import { createRowMemory } from './row-memory.ts';

const bob = 'b'.repeat(64);

/** A view that can be held back behind the log. */
function createWorld() {
  let tell: (changes: readonly Change[]) => void = () => {};
  let apply = Promise.withResolvers<void>();
  let row = 'one';
  let isCaughtUp = true;
  const memory = createRowMemory({
    follow: (follower) => {
      tell = follower;
      return () => {};
    },
    caughtUp: () => apply.promise,
    isCaughtUp: () => isCaughtUp,
  });
  const event = { kind: 0, pubkey: bob } as NostrEvent;
  return {
    read: (load: () => Promise<string> = async () => row) => memory.read(0, bob, load),
    commit: () => tell([{ type: 'stored', seq: toSeq(1), event, json: '' }]),
    lag: (isBehind: boolean) => {
      isCaughtUp = !isBehind;
    },
    change: (value: string) => {
      row = value;
    },
    show: async (value: string) => {
      row = value;
      apply.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      apply = Promise.withResolvers();
    },
  };
}

test('a row is read once, and again after it has changed', async () => {
  const world = createWorld();
  assert.equal(await world.read(), 'one');
  assert.equal(await world.read(async () => 'not asked'), 'one');
  world.commit();
  await world.show('two');
  assert.equal(await world.read(), 'two');
});

test('what is read between a commit and the view is not kept', async () => {
  const world = createWorld();
  world.commit();
  assert.equal(await world.read(), 'one');
  await world.show('two');
  assert.equal(await world.read(), 'two');
});

test('what was being read while a change came is not kept', async () => {
  const world = createWorld();
  const slow = Promise.withResolvers<string>();
  const reading = world.read(() => slow.promise);
  world.commit();
  await world.show('two');
  slow.resolve('one');
  assert.equal(await reading, 'one');
  assert.equal(await world.read(), 'two');
});

test('what is read while the views catch up with an older log is not kept', async () => {
  const world = createWorld();
  world.lag(true);
  assert.equal(await world.read(), 'one');
  world.change('two');
  world.lag(false);
  assert.equal(await world.read(), 'two');
});
