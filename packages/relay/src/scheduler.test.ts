import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock, waitUntil } from '@nostrata/testing';
import { createScheduler, type Task, type TaskOwner } from './scheduler.ts';

const limits = { turnMillisecondsMax: 10, runningPerOwnerMax: 2, waitingPerOwnerMax: 3 };

function createBench() {
  const clock = createFakeClock();
  const scheduler = createScheduler({ ...limits, now: clock.now });
  const steps: string[] = [];
  /** A task that takes that many steps of ten milliseconds each. */
  const createTask = (name: string, owner: TaskOwner, length: number): Task => {
    let left = length;
    const task: Task = {
      isOver: false,
      isRunning: false,
      step() {
        steps.push(name);
        clock.advance(10);
        left -= 1;
        if (left > 0) {
          scheduler.continue(task);
          return;
        }
        scheduler.finish(task, owner);
      },
    };
    return task;
  };
  const createOwner = (): TaskOwner => ({ running: 0, waiting: [] });
  return { scheduler, steps, createTask, createOwner };
}

test('a short query of one client does not wait for the long one of another', async () => {
  const { scheduler, steps, createTask, createOwner } = createBench();
  const [slow, quick] = [createOwner(), createOwner()];
  scheduler.start(createTask('slow', slow, 50), slow);
  scheduler.start(createTask('quick', quick, 1), quick);
  await waitUntil(() => steps.length === 51);
  assert.ok(steps.indexOf('quick') <= 2, steps.slice(0, 5).join());
});

test('long queries take turns', async () => {
  const { scheduler, steps, createTask, createOwner } = createBench();
  const [one, other] = [createOwner(), createOwner()];
  scheduler.start(createTask('a', one, 20), one);
  scheduler.start(createTask('b', other, 20), other);
  await waitUntil(() => steps.length === 40);
  const firstHalf = steps.slice(0, 20).filter((name) => name === 'a').length;
  assert.ok(firstHalf >= 8 && firstHalf <= 12, steps.join(''));
});

test('a flood of new queries does not stop those that run', async () => {
  const { scheduler, steps, createTask, createOwner } = createBench();
  const patient = createOwner();
  scheduler.start(createTask('long', patient, 5), patient);
  for (let count = 0; count < 100; count++) {
    const owner = createOwner();
    scheduler.start(createTask('new', owner, 1), owner);
  }
  await waitUntil(() => steps.length === 105);
  assert.ok(steps.lastIndexOf('long') < 15, String(steps.lastIndexOf('long')));
});

test('a client runs so many queries at a time, so many wait, and more are refused', async () => {
  const { scheduler, steps, createTask, createOwner } = createBench();
  const owner = createOwner();
  const started = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => scheduler.start(createTask(name, owner, 3), owner));
  assert.deepEqual(started, [true, true, true, true, true, false]);
  assert.equal(owner.running, 2);
  await waitUntil(() => steps.length === 15);
  assert.equal(steps.indexOf('c') > steps.indexOf('a'), true);
  assert.deepEqual([owner.running, owner.waiting.length], [0, 0]);
});

test('what has ended while it waited takes no place in the line', async () => {
  const { scheduler, steps, createTask, createOwner } = createBench();
  const owner = createOwner();
  const tasks = ['a', 'b', 'c', 'd', 'e'].map((name) => createTask(name, owner, 2));
  for (const task of tasks) scheduler.start(task, owner);
  for (const task of tasks.slice(2)) {
    Object.assign(task, { isOver: true });
    scheduler.finish(task, owner);
  }
  assert.equal(scheduler.start(createTask('f', owner, 1), owner), true);
  await waitUntil(() => steps.length === 5);
  assert.deepEqual(
    steps.filter((name) => 'cde'.includes(name)),
    [],
  );
});
