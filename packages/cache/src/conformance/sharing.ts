import assert from 'node:assert/strict';
import type { Lease } from '../contract.ts';
import { type Law, law } from './harness.ts';

const longMs = 600_000;
const shortMs = 400;

/** Rules 7 and 8: leases and channels. */
export const sharingLaws: readonly Law[] = [
  law(7, 'a lease has one holder', async ({ cache, other }) => {
    const callers = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? cache : other));
    const leases = await Promise.all(callers.map((each) => each.acquire('name', longMs)));
    const held = leases.filter((lease) => lease !== undefined);
    assert.equal(held.length, 1);
    assert.equal(held[0]?.name, 'name');
    assert.ok(await other.acquire('another name', longMs));
  }),
  law(7, 'a lease that was given back is free at once', async ({ cache, other }) => {
    const lease = await cache.acquire('name', longMs);
    assert.ok(lease);
    await lease.release();
    const next = await other.acquire('name', longMs);
    assert.ok(next);
    await lease.release();
    assert.equal(await lease.renew(longMs), false);
    assert.equal(await next.renew(longMs), true, 'the release by somebody else took it away');
  }),
  law(
    7,
    'a lease that is not renewed is free for another, and lost for its holder',
    async ({ cache, other, until }) => {
      const lease = await cache.acquire('name', shortMs);
      assert.ok(lease);
      const taken: (Lease | undefined)[] = [await other.acquire('name', longMs)];
      assert.equal(taken[0], undefined);
      await until(async () => {
        taken.push(await other.acquire('name', longMs));
        return taken.at(-1) !== undefined;
      });
      assert.equal(await lease.renew(longMs), false);
      await lease.release();
      assert.equal(await taken.at(-1)?.renew(longMs), true);
    },
  ),
  law(7, 'a lease that nobody else took is lost too when its time is over', async ({ cache, until }) => {
    const lease = await cache.acquire('name', shortMs);
    // Others that end at the same time tell without renewing.
    await cache.set('clock', 'on', shortMs);
    await until(async () => (await cache.get('clock')) === undefined);
    assert.equal(await lease?.renew(longMs), false);
  }),
  law(7, 'renewing prolongs a lease, or shortens it', async ({ cache, other, until }) => {
    const [kept, given] = [await cache.acquire('kept', shortMs), await cache.acquire('given', longMs)];
    assert.equal(await kept?.renew(longMs), true);
    assert.equal(await given?.renew(shortMs), true);
    await until(async () => (await other.acquire('given', longMs)) !== undefined);
    assert.equal(await other.acquire('kept', longMs), undefined);
  }),
  law(8, 'every listener hears every message of its channel, in order', async ({ cache, other, until }) => {
    const [one, two, apart]: string[][] = [[], [], []];
    await cache.subscribe('channel', (message) => one?.push(message));
    await other.subscribe('channel', (message) => two?.push(message));
    await other.subscribe('another channel', (message) => apart?.push(message));
    const messages = Array.from({ length: 200 }, (_, index) => `message ${index} 🦉`);
    for (const message of messages) await cache.publish('channel', message);
    await other.publish('another channel', '');
    await until(() => one?.length === 200 && two?.length === 200 && apart?.length === 1);
    assert.deepEqual([one, two, apart], [messages, messages, ['']]);
  }),
  law(8, 'a listener that ended hears nothing more, others do', async ({ cache, until }) => {
    const [one, two]: string[][] = [[], []];
    const onMessage = (message: string) => one?.push(message);
    const endFirst = await cache.subscribe('channel', onMessage);
    const endSecond = await cache.subscribe('channel', onMessage);
    await cache.subscribe('channel', (message) => two?.push(message));
    await endFirst();
    await endFirst();
    await cache.publish('channel', 'a');
    await until(() => two?.length === 1);
    await endSecond();
    await cache.publish('channel', 'b');
    await until(() => two?.length === 2);
    assert.deepEqual([one, two], [['a'], ['a', 'b']]);
  }),
  law(8, 'a channel that all left can be listened to again', async ({ cache, until }) => {
    for (const round of ['first', 'second', 'third']) {
      const heard: string[] = [];
      const end = await cache.subscribe('channel', (message) => heard.push(message));
      await cache.publish('channel', round);
      await until(() => heard.length > 0);
      assert.deepEqual(heard, [round]);
      await end();
    }
  }),
  law(8, 'nothing is heard within the call that publishes, and a listener may publish', async ({ cache, until }) => {
    const heard: string[] = [];
    await cache.subscribe('channel', (message) => {
      heard.push(message);
      if (message.length < 5) void cache.publish('channel', `${message}x`);
    });
    const publishing = cache.publish('channel', 'x');
    assert.deepEqual(heard, []);
    await publishing;
    await until(() => heard.length === 5);
    assert.equal(heard.at(-1), 'xxxxx');
  }),
];
