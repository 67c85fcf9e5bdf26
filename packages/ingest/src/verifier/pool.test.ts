import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import type { NostrEvent } from '@nostrata/protocol';
import { createEventBuilder, waitUntil } from '@nostrata/testing';
import { Verdict } from './packed.ts';
import { createVerifierPool, type VerifierSettings } from './pool.ts';

const author = createEventBuilder('pool');
/** Threads start slowly on a busy machine. */
const patience = { timeoutMs: 30_000 };
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
    await waitUntil(() => verdicts.size === jobs.length, patience);
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
  for (const event of events.slice(0, 40)) pool.push(event);
  pool.flush();
  await workers[0]?.terminate();
  await waitUntil(() => verdicts.size === 40, patience);
  assert.equal(deaths(), 1);
  for (const verdict of verdicts.values()) assert.equal(verdict, Verdict.good);
  await pool.stop();
});

test('events over which workers keep dying are given up, and the others are verified', async () => {
  const { result, workers } = await collectWorkers(async () => {
    const opened = await openPool({ workers: 1, backend: 'noble' });
    for (const event of events) opened.pool.push(event);
    opened.pool.flush();
    return opened;
  });
  const { pool, verdicts } = result;
  const isGivenUp = () => [...verdicts.values()].includes(Verdict.unable);
  const collect = (worker: Worker) => void workers.push(worker);
  process.on('worker', collect);
  try {
    // A worker is sent work as soon as it says that it is ready, and is ended over it.
    for (let died = 0; !isGivenUp(); died++) {
      const worker = await waitUntil(() => workers[died], patience);
      if (died > 0) await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
    }
  } finally {
    process.off('worker', collect);
  }
  await waitUntil(() => verdicts.size === events.length, patience);
  const counts = [Verdict.bad, Verdict.good, Verdict.unable].map(
    (verdict) => [...verdicts.values()].filter((given) => given === verdict).length,
  );
  assert.equal(counts[0], 0);
  assert.ok((counts[1] ?? 0) > 100, `${counts}`);
  await pool.stop();
});

test('the back end that is asked for is the one in use', async () => {
  const { pool } = await openPool({ workers: 1, backend: 'wasm' });
  assert.equal(pool.report.backend, 'wasm');
  await pool.stop();
});
