import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import type { NostrEvent } from '@nostrata/protocol';
import { createEventBuilder, waitUntil } from '@nostrata/testing';
import { Verdict } from './packed.ts';
import { createVerifierPool, type VerifierSettings } from './pool.ts';

const author = createEventBuilder('pool');
const events = Array.from({ length: 200 }, (_, place) => author.note(`note ${place}`));

function broken(event: NostrEvent): NostrEvent {
  return { ...event, sig: event.sig.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) };
}

async function openPool(settings: VerifierSettings) {
  const verdicts = new Map<NostrEvent, number>();
  let deaths = 0;
  const pool = await createVerifierPool<NostrEvent>({
    ...settings,
    eventOf: (event) => event,
    checked(jobs, answers) {
      for (const [place, job] of jobs.entries()) {
        assert.equal(verdicts.has(job), false, 'no event is answered twice');
        verdicts.set(job, answers[place] ?? -1);
      }
    },
    workerDied: () => deaths++,
  });
  return { pool, verdicts, deaths: () => deaths };
}

/** The workers that are started while `run` runs. */
async function collectWorkers<T>(run: () => Promise<T>): Promise<{ result: T; workers: Worker[] }> {
  const workers: Worker[] = [];
  const collect = (worker: Worker) => void workers.push(worker);
  process.on('worker', collect);
  try {
    return { result: await run(), workers };
  } finally {
    process.off('worker', collect);
  }
}

for (const workers of [1, 2]) {
  test(`every event gets its own verdict from ${workers} workers`, async () => {
    const { pool, verdicts } = await openPool({ workers });
    const jobs = events.map((event, place) => (place % 3 === 0 ? broken(event) : event));
    for (const job of jobs) pool.push(job);
    pool.flush();
    await waitUntil(() => verdicts.size === jobs.length);
    for (const [place, job] of jobs.entries()) {
      assert.equal(verdicts.get(job), place % 3 === 0 ? Verdict.bad : Verdict.good);
    }
    assert.equal(pool.report.workers, workers);
    assert.ok(pool.report.verifiesPerSecond > 0);
    await pool.stop();
    await pool.stop();
  });
}

test('a worker that dies is replaced and what it held is verified again', async () => {
  // The slowest back end holds its batches long enough to be ended over them.
  const { result, workers } = await collectWorkers(() => openPool({ workers: 1, backend: 'noble' }));
  const { pool, verdicts, deaths } = result;
  for (const event of events.slice(0, 60)) pool.push(event);
  pool.flush();
  await workers[0]?.terminate();
  await waitUntil(() => verdicts.size === 60);
  assert.equal(deaths(), 1);
  for (const verdict of verdicts.values()) assert.equal(verdict, Verdict.good);
  await pool.stop();
});

test('a batch over which workers keep dying is given up, and the pool goes on', async () => {
  const { result, workers } = await collectWorkers(async () => {
    const opened = await openPool({ workers: 1, backend: 'noble' });
    for (const event of events.slice(0, 4)) opened.pool.push(event);
    opened.pool.flush();
    return opened;
  });
  const { pool, verdicts } = result;
  const next = (worker: Worker) => void workers.push(worker);
  process.on('worker', next);
  try {
    // Each worker is ended as soon as it has been sent something, which it is when it says that it is ready.
    for (let died = 0; verdicts.size === 0; died++) {
      const worker = await waitUntil(() => workers[died]);
      if (died > 0) await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
    }
  } finally {
    process.off('worker', next);
  }
  assert.deepEqual([...verdicts.values()], [Verdict.unable, Verdict.unable, Verdict.unable, Verdict.unable]);
  pool.push(events[10] as NostrEvent);
  pool.flush();
  await waitUntil(() => verdicts.size === 5);
  assert.equal(verdicts.get(events[10] as NostrEvent), Verdict.good);
  await pool.stop();
});

test('a slower back end says what would make it faster', async () => {
  const { pool } = await openPool({ workers: 1, backend: 'wasm' });
  assert.equal(pool.report.backend, 'wasm');
  assert.match(pool.report.hints.join(' '), /libsecp256k1-1.* about 5 times faster/);
  await pool.stop();
});
