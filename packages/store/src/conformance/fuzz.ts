import assert from 'node:assert/strict';
import type { NostrEvent, VerifiedEvent } from '@nostrata/protocol';
import {
  compareEvents,
  createNaiveStore,
  naiveQuery,
  readJsonLines,
  readText,
  requireSharedData,
  type SeededRandom,
  seededRandom,
  skipWithout,
} from '@nostrata/testing';
import { createOwnRelayCheck } from '../own-relay.ts';
import { shuffle, trustEvent } from './fixtures.ts';
import { type Law, lastingLaw, law, ownRelayUrl, type Subject } from './harness.ts';
import { createHistory, createRandomFilter } from './histories.ts';

const realEvents = 'events/permissive.jsonl.gz';
const realSurvivors = 'events/survivor-ids-permissive.txt.gz';
const skip = skipWithout(realEvents, realSurvivors);

/** Random histories against the naive model, and real events against survivors that were computed elsewhere. */
export function createFuzzLaws(seed: number, histories = 6): readonly Law[] {
  const random = seededRandom(seed);
  const seeds = Array.from({ length: histories }, () => random.integer(2 ** 31));
  return [
    ...seeds.map((each) =>
      lastingLaw(40, `a random history answers as the model does, seed ${seed} (${each})`, async (subject) => {
        await compareWithModel(subject, seededRandom(each));
      }),
    ),
    ...seeds.slice(0, Math.ceil(histories / 2)).map((each) =>
      law(14, `the survivors do not depend on the order of arrival, seed ${seed} (${each})`, async (subject) => {
        await comparePermutations(subject, seededRandom(each));
      }),
    ),
    ...createRealLaws(seed).map((each) => ({ ...each, skip })),
  ];
}

function createRealLaws(seed: number): readonly Law[] {
  let read: readonly VerifiedEvent[] | undefined;
  const readReal = (): readonly VerifiedEvent[] => {
    read ??= readJsonLines<NostrEvent>(requireSharedData(realEvents)).map(trustEvent);
    return read;
  };
  return [
    lastingLaw(41, 'the real events leave the survivors computed elsewhere, in file order', async (subject) => {
      await putReal(subject, readReal());
    }),
    ...[1, 2, 3].map((n) =>
      law(41, `the real events leave the same survivors, shuffled, seed ${seed} (${n})`, async (subject) => {
        await putReal(subject, shuffle(readReal(), seededRandom(seed + n).integer));
      }),
    ),
  ];
}

async function compareWithModel(subject: Subject, random: SeededRandom): Promise<void> {
  const { clock } = subject;
  const model = createNaiveStore({ now: clock.now, isOwnRelay: createOwnRelayCheck([ownRelayUrl]) });
  const history = createHistory(random, 120, clock.seconds());
  while (history.length > 0) {
    const batch = history.splice(0, 1 + random.integer(20));
    const expected = batch.map((event) => model.put(event));
    assert.deepEqual(await subject.put(...batch), expected);
    await compareReads(subject, model.events(), { random, reads: 3 });
  }
  await subject.settle();
  await compareReads(subject, model.events(), { random, reads: 25 });
  clock.advance(3_000);
  await compareReads(subject, model.events(), { random, reads: 10 });
  await subject.store.expire();
  await compareReads(subject, model.events(), { random, reads: 10 });
  const live = (await subject.changes()).flatMap((change) => (change.type === 'stored' ? [change.event] : []));
  assert.deepEqual(live.toSorted(compareEvents), model.events(), 'the log holds what is visible');
}

async function compareReads(
  subject: Subject,
  events: readonly NostrEvent[],
  { random, reads }: { readonly random: SeededRandom; readonly reads: number },
): Promise<void> {
  const pool = events.length > 0 ? events.map(trustEvent) : [];
  if (pool.length === 0) return;
  for (let i = 0; i < reads; i += 1) {
    const filters = Array.from({ length: 1 + random.integer(3) }, () => createRandomFilter(random, pool));
    const title = JSON.stringify(filters);
    assert.deepEqual(
      await subject.ids(filters),
      naiveQuery(events, filters).map(({ id }) => id),
      title,
    );
    const unlimited = filters.map(({ limit: _, ...rest }) => rest);
    assert.equal((await subject.store.count(filters)).count, naiveQuery(events, unlimited).length, title);
    const [filter = {}] = filters;
    const items: string[] = [];
    for await (const page of subject.store.items(filter)) items.push(...page.map(({ id }) => id));
    const expected = naiveQuery(events, [filter]).sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1));
    assert.deepEqual(
      items,
      expected.map(({ id }) => id),
      title,
    );
  }
}

async function comparePermutations(subject: Subject, random: SeededRandom): Promise<void> {
  const history = createHistory(random, 60, subject.clock.seconds());
  await putInBatches(subject, history, random);
  const expected = await subject.ids({});
  for (let i = 0; i < 3; i += 1) {
    const store = await subject.options.open({ now: subject.clock.now, relayUrls: [ownRelayUrl] });
    try {
      const other = {
        ...subject,
        store,
        put: async (...events: readonly VerifiedEvent[]) =>
          (await store.put(events.map((event) => ({ event })))).map(({ outcome }) => outcome),
      };
      await putInBatches(other, shuffle(history, random.integer), random);
      const ids: string[] = [];
      for await (const page of store.query([{}])) ids.push(...page.map(({ json }) => json.slice(7, 71)));
      assert.deepEqual(ids, expected);
    } finally {
      await store.stop();
    }
  }
}

async function putInBatches(
  subject: Pick<Subject, 'put'>,
  events: readonly VerifiedEvent[],
  random: SeededRandom,
): Promise<void> {
  for (let from = 0; from < events.length; ) {
    const size = 1 + random.integer(20);
    await subject.put(...events.slice(from, from + size));
    from += size;
  }
}

async function putReal(subject: Subject, events: readonly VerifiedEvent[]): Promise<void> {
  // The survivors were computed without expiry: at the beginning of 1970 nothing has expired.
  subject.clock.set(0);
  for (let from = 0; from < events.length; from += 1_000) await subject.put(...events.slice(from, from + 1_000));
  await subject.settle();
  const expected = readText(requireSharedData(realSurvivors))
    .split(/\s+/)
    .filter((id) => id !== '');
  assert.deepEqual((await subject.ids({})).toSorted(), expected.toSorted());
  assert.equal((await subject.store.statistics()).events, expected.length);
}
