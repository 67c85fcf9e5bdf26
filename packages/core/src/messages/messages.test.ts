import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createRumor, Kind, type NostrEvent, signEvent, wrapRumor } from '@nostrata/protocol';
import { createKeys, createTestNetwork, type TestNetwork, waitUntil } from '@nostrata/testing';
import { unwrapEvent } from 'nostr-tools/nip17';
import { unwrapManyEvents, wrapEvent } from 'nostr-tools/nip59';
import { SignerError } from '../errors.ts';
import { createKeySigner } from '../signers/key-signer.ts';
import { createReadOnlySigner } from '../signers/read-only-signer.ts';
import { MessageError } from './errors.ts';
import { type PersonOptions, startPerson, type TestPerson } from './test-person.ts';

const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((seed) => createKeys(seed)) as [
  ReturnType<typeof createKeys>,
  ReturnType<typeof createKeys>,
  ReturnType<typeof createKeys>,
];

let network: TestNetwork;
let inboxes: Map<string, readonly string[]>;

before(async () => {
  network = await createTestNetwork({ seed: 17, relays: 4 });
});
after(() => network.stop());
beforeEach(() => {
  for (const relay of network.relays) {
    relay.heal();
    relay.resetLedger();
  }
  const [first = '', second = '', third = '', fourth = ''] = network.urls;
  inboxes = new Map([
    [alice.pubkey, [first]],
    [bob.pubkey, [second, third]],
    [carol.pubkey, [fourth]],
  ]);
});

const start = (seed: string, options: Partial<PersonOptions> = {}): Promise<TestPerson> =>
  startPerson(seed, { inboxes, ...options });

/** Wraps with this receiver at a relay of the network. */
const wrapsAt = (relay: number, pubkey: string): NostrEvent[] =>
  network.relay(relay).events({ kinds: [1059], tags: { p: [pubkey] } });

const contents = async (person: TestPerson, room: readonly string[]): Promise<string[]> =>
  (await person.messages.page(room)).messages.map(({ content }) => content);

test('a message reaches everybody’s inbox relays and no others, and everybody reads the same room', async () => {
  await using anna = await start('alice');
  await using ben = await start('bob');
  await using cleo = await start('carol');
  const sent = await anna.messages.send({ to: [bob.pubkey, carol.pubkey], content: 'party?', subject: 'party' });
  assert.deepEqual([...sent.publications.keys()].sort(), [alice.pubkey, bob.pubkey, carol.pubkey].sort());
  for (const publication of sent.publications.values()) assert.equal((await publication.settled).status, 'delivered');
  const counts = network.relays.map((_, index) =>
    [alice, bob, carol].map(({ pubkey }) => wrapsAt(index, pubkey).length),
  );
  assert.deepEqual(counts, [
    [1, 0, 0],
    [0, 1, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
  for (const person of [ben, cleo]) {
    assert.equal((await person.messages.listen()).length, inboxes.get(person.pubkey)?.length);
    const [room] = await person.messages.rooms();
    assert.equal(room?.subject, 'party');
    assert.deepEqual(room?.last, sent.message);
    assert.deepEqual(room?.members, [alice.pubkey, bob.pubkey, carol.pubkey].sort());
  }
  assert.deepEqual(await contents(anna, sent.message.room), ['party?'], 'the own copy is there at once');
  assert.deepEqual([...anna.failures, ...ben.failures], []);
});

test('a library that nobody here wrote opens our wraps, and we open its', async () => {
  await using anna = await start('alice');
  await using ben = await start('bob');
  const { message, publications } = await anna.messages.send({ to: [bob.pubkey], content: 'hello ben' });
  await publications.get(bob.pubkey)?.settled;
  const ours = wrapsAt(1, bob.pubkey).map((wrap) => ({ ...wrap, tags: wrap.tags.map((tag) => [...tag]) }));
  const read = unwrapManyEvents(ours, Uint8Array.from(bob.secret));
  assert.ok(read.some(({ id, content }) => id === message.id && content === 'hello ben'));
  assert.equal(unwrapEvent(ours.at(0) ?? assert.fail(), Uint8Array.from(bob.secret)).kind, 14);
  const rumor = { kind: 14, tags: [['p', bob.pubkey]], content: 'from elsewhere' };
  network.relay(2).put(wrapEvent(rumor, Uint8Array.from(carol.secret), bob.pubkey) as NostrEvent);
  await ben.messages.listen();
  assert.deepEqual(await contents(ben, [bob.pubkey, carol.pubkey]), ['from elsewhere']);
});

test('what comes while listening is opened at once, and each wrap is opened once', async () => {
  let decryptions = 0;
  const counting = (keys: typeof bob) => {
    const signer = createKeySigner(keys.secret);
    const nip44Decrypt: typeof signer.nip44Decrypt = (pubkey, payload) => {
      decryptions++;
      return signer.nip44Decrypt(pubkey, payload);
    };
    return { ...signer, nip44Decrypt };
  };
  await using anna = await start('alice');
  await using ben = await start('bob', { signer: counting });
  await ben.messages.listen();
  const before = decryptions;
  const changed: string[] = [];
  ben.messages.onChange((rooms) => changed.push(...rooms));
  await anna.messages.send({ to: [bob.pubkey], content: 'live' });
  await waitUntil(() => changed.length > 0);
  assert.ok((await contents(ben, [alice.pubkey, bob.pubkey])).includes('live'));
  assert.equal(decryptions - before, 2, 'wrap and seal');
  await ben.restart();
  await ben.messages.listen();
  assert.equal(decryptions - before, 2, 'a restart opens nothing again');
  assert.ok((await contents(ben, [alice.pubkey, bob.pubkey])).includes('live'));
});

test('nothing leaves where somebody has no inbox relays, unless the sender says so', async () => {
  await using anna = await start('alice');
  const dave = createKeys('dave').pubkey;
  const sending = anna.messages.send({ to: [bob.pubkey, dave], content: 'all or none' });
  await assert.rejects(sending, (error) => {
    assert.ok(error instanceof MessageError && error.fault === 'unreachable');
    assert.deepEqual(error.pubkeys, [dave]);
    return true;
  });
  assert.deepEqual(await contents(anna, [alice.pubkey, bob.pubkey, dave]), []);
  const sent = await anna.messages.send({ to: [bob.pubkey, dave], content: 'some', skipUnreachable: true });
  assert.deepEqual(sent.unreachable, [dave]);
  assert.deepEqual([...sent.publications.keys()].sort(), [alice.pubkey, bob.pubkey].sort());
  await assert.rejects(anna.messages.send({ to: [dave], content: 'x', skipUnreachable: true }), MessageError);
});

test('without own inbox relays the own copy stays on this machine', async () => {
  inboxes.delete(alice.pubkey);
  await using anna = await start('alice');
  const sent = await anna.messages.send({ to: [bob.pubkey], content: 'only here' });
  assert.deepEqual(sent.unreachable, [alice.pubkey]);
  await anna.restart();
  assert.deepEqual(await contents(anna, sent.message.room), ['only here']);
});

test('a process that ends before any of its wraps is handed over sends it when it starts again, each once', async () => {
  const room = [alice.pubkey, bob.pubkey, carol.pubkey];
  for (const handed of [0, 1, 2, 3]) {
    let left = handed;
    const beforePublish = () => {
      if (left-- <= 0) throw new Error('the process ends here');
    };
    const content = `crash ${handed}`;
    await using anna = await start('alice', { beforePublish });
    await using ben = await start('bob');
    await using cleo = await start('carol');
    const sending = anna.messages.send({ to: [bob.pubkey, carol.pubkey], content });
    if (handed < 3) await assert.rejects(sending, /ends here/);
    else await sending;
    left = Number.POSITIVE_INFINITY;
    await anna.restart();
    await waitUntil(async () => {
      await Promise.all([ben.messages.listen(), cleo.messages.listen()]);
      const texts = [await contents(ben, room), await contents(cleo, room), await contents(anna, room)];
      return texts.every((read) => read.filter((text) => text === content).length === 1);
    });
  }
  for (const { ledger } of network.relays) {
    const ids = ledger.events.map(({ event }) => event.id);
    assert.equal(ids.length, new Set(ids).size);
  }
});

test('a process that ends after the outbox took a wrap does not send it again', async () => {
  let isEnding = true;
  const afterPublish = () => {
    if (isEnding) throw new Error('the process ends here');
  };
  await using anna = await start('alice', { afterPublish });
  await assert.rejects(anna.messages.send({ to: [bob.pubkey], content: 'once' }), /ends here/);
  await waitUntil(() => wrapsAt(1, bob.pubkey).length > 0 && wrapsAt(0, alice.pubkey).length > 0);
  await network.settle();
  isEnding = false;
  for (let round = 0; round < 2; round++) await anna.restart();
  await network.settle();
  for (const { ledger } of network.relays) {
    const ids = ledger.events.map(({ event }) => event.id);
    assert.equal(ids.length, new Set(ids).size);
  }
});

test('a message that has expired is not sent', async () => {
  await using anna = await start('alice');
  await assert.rejects(anna.messages.send({ to: [bob.pubkey], content: 'x', expiresAt: 1 }), MessageError);
});

test('pages go back without losing or repeating a message, also within one second', async () => {
  await using ben = await start('bob', { nowSeconds: () => 1_800_000_000 });
  for (let index = 0; index < 23; index++) {
    const tags = [['p', bob.pubkey]];
    const created_at = 1_700_000_000 + Math.floor(index / 5);
    const rumor = createRumor({ pubkey: carol.pubkey, created_at, kind: 14, tags, content: String(index) });
    const wrap = await wrapRumor(rumor, {
      signer: createKeySigner(carol.secret),
      recipient: bob.pubkey,
      nowSeconds: 1_700_000_100,
    });
    await ben.store.put([{ event: wrap as never }]);
  }
  const report = await ben.messages.refresh();
  assert.equal(report.opened + report.unreadable + report.waiting <= 23, true);
  const room = [bob.pubkey, carol.pubkey];
  await waitUntil(async () => (await contents(ben, room)).length === 23);
  const seen: string[] = [];
  let next: string | undefined;
  do {
    const page = await ben.messages.page(room, { limit: 4, ...(next === undefined ? {} : { before: next }) });
    seen.push(...page.messages.map(({ content }) => content));
    next = page.next;
  } while (next !== undefined);
  assert.equal(seen.length, 23);
  assert.equal(new Set(seen).size, 23);
  assert.ok(Number(seen[0]) >= 20 && Number(seen.at(-1)) < 5);
  await assert.rejects(ben.messages.page(room, { before: 'x' }), MessageError);
});

test('a message from the future is sorted at the time when it was read', async () => {
  const nowSeconds = () => 1_700_000_000;
  await using ben = await start('bob', { nowSeconds });
  const from = async (created_at: number, content: string) => {
    const rumor = createRumor({ pubkey: carol.pubkey, created_at, kind: 14, tags: [['p', bob.pubkey]], content });
    const wrap = await wrapRumor(rumor, {
      signer: createKeySigner(carol.secret),
      recipient: bob.pubkey,
      nowSeconds: nowSeconds(),
    });
    await ben.store.put([{ event: wrap as never }]);
    await ben.messages.refresh();
  };
  await from(4_000_000_000, 'future');
  assert.equal((await ben.messages.page([bob.pubkey, carol.pubkey])).messages[0]?.createdAt, 4_000_000_000);
  const { next } = await ben.messages.page([bob.pubkey, carol.pubkey], { limit: 1 });
  assert.match(next ?? '', /^1700000000:/);
});

test('people of the room react, and take back what they said; others cannot', async () => {
  await using anna = await start('alice');
  await using ben = await start('bob');
  await using cleo = await start('carol');
  const room = [alice.pubkey, bob.pubkey];
  await ben.messages.listen();
  const { message } = await anna.messages.send({ to: [bob.pubkey], content: 'take this back' });
  await waitUntil(async () => (await contents(ben, room)).includes('take this back'));
  await anna.messages.listen();
  await ben.messages.react(message.id, '🤙');
  const own = async (person: TestPerson) =>
    (await person.messages.page(room)).messages.find(({ id }) => id === message.id);
  await waitUntil(async () => (await own(anna))?.reactions.length === 1);
  assert.deepEqual((await own(anna))?.reactions, [{ author: bob.pubkey, content: '🤙' }]);
  await assert.rejects(ben.messages.retract(message.id), MessageError);
  await assert.rejects(
    cleo.messages.react(message.id, '+'),
    (error) => error instanceof MessageError && error.fault === 'unknown',
  );
  const foreign = createRumor({
    pubkey: carol.pubkey,
    created_at: 1_700_000_000,
    kind: 5,
    tags: [
      ['e', message.id],
      ['p', bob.pubkey],
    ],
    content: '',
  });
  const wrap = await wrapRumor(foreign, {
    signer: createKeySigner(carol.secret),
    recipient: bob.pubkey,
    nowSeconds: 1_700_000_000,
  });
  await ben.store.put([{ event: wrap as never }]);
  await ben.messages.refresh();
  assert.ok(await own(ben), 'somebody else cannot take it back');
  await anna.messages.retract(message.id);
  assert.equal(await own(anna), undefined);
  await waitUntil(async () => (await own(ben)) === undefined);
});

test('a message that was taken back before it came is never shown', async () => {
  await using ben = await start('bob');
  const signer = createKeySigner(carol.secret);
  const tags = [['p', bob.pubkey]];
  const base = { pubkey: carol.pubkey, created_at: 1_700_000_000, tags };
  const message = createRumor({ ...base, kind: 14, content: 'gone' });
  const deletion = createRumor({ ...base, kind: 5, tags: [...tags, ['e', message.id]], content: '' });
  for (const rumor of [deletion, message]) {
    const wrap = await wrapRumor(rumor, { signer, recipient: bob.pubkey, nowSeconds: 1_700_000_000 });
    await ben.store.put([{ event: wrap as never }]);
    await ben.messages.refresh();
  }
  assert.deepEqual(await contents(ben, [bob.pubkey, carol.pubkey]), []);
});

test('a wrap that is deleted or expires takes its text along', async () => {
  let now = 1_700_000_000;
  await using ben = await start('bob', { nowSeconds: () => now });
  const room = [bob.pubkey, carol.pubkey];
  const signer = createKeySigner(carol.secret);
  const put = async (content: string, expiresAt?: number): Promise<NostrEvent> => {
    const rumor = createRumor({ pubkey: carol.pubkey, created_at: now, kind: 14, tags: [['p', bob.pubkey]], content });
    const wrap = await wrapRumor(rumor, { signer, recipient: bob.pubkey, nowSeconds: now, expiresAt });
    await ben.store.put([{ event: wrap as never }]);
    return wrap;
  };
  const wrap = await put('deleted');
  await put('expires', 4_000_000_000);
  await put('stays');
  await ben.messages.refresh();
  await waitUntil(async () => (await contents(ben, room)).length === 3);
  const deletion = signEvent(
    { kind: Kind.deletionRequest, created_at: now, tags: [['e', wrap.id]], content: '' },
    bob.secret,
  );
  await ben.store.put([{ event: deletion }]);
  await waitUntil(async () => !(await contents(ben, room)).includes('deleted'));
  now = 4_000_000_000;
  assert.deepEqual(await contents(ben, room), ['stays']);
  await ben.messages.refresh();
  assert.deepEqual(await contents(ben, room), ['stays']);
});

test('what cannot be read is tried once, and what the signer will not open waits', async () => {
  let isRefusing = true;
  const sulking = (keys: typeof bob) => {
    const signer = createKeySigner(keys.secret);
    const nip44Decrypt: typeof signer.nip44Decrypt = async (pubkey, payload) => {
      if (isRefusing) throw new SignerError('timeout', 'nobody is there');
      return await signer.nip44Decrypt(pubkey, payload);
    };
    return { ...signer, nip44Decrypt };
  };
  await using ben = await start('bob', { signer: sulking });
  const garbage = signEvent(
    { kind: 1059, created_at: 1_700_000_000, tags: [['p', bob.pubkey]], content: 'garbage' },
    carol.secret,
  );
  const rumor = createRumor({
    pubkey: carol.pubkey,
    created_at: 1_700_000_000,
    kind: 14,
    tags: [['p', bob.pubkey]],
    content: 'later',
  });
  const wrap = await wrapRumor(rumor, {
    signer: createKeySigner(carol.secret),
    recipient: bob.pubkey,
    nowSeconds: 1_700_000_000,
  });
  await ben.store.put([{ event: garbage }, { event: wrap as never }]);
  assert.deepEqual(await ben.messages.refresh(), { opened: 0, unreadable: 0, waiting: 2 });
  isRefusing = false;
  assert.deepEqual(await ben.messages.refresh(), { opened: 1, unreadable: 1, waiting: 0 });
  assert.deepEqual(await ben.messages.refresh(), { opened: 0, unreadable: 0, waiting: 0 });
});

test('more than a relay gives at once is fetched page by page, and later only what is new', async () => {
  network.relay(3).set({ limitMax: 20 });
  const signer = createKeySigner(alice.secret);
  const wraps: NostrEvent[] = [];
  for (let index = 0; index < 70; index++) {
    const rumor = createRumor({
      pubkey: alice.pubkey,
      created_at: 1_700_000_000 + index,
      kind: 14,
      tags: [['p', carol.pubkey]],
      content: `old ${index}`,
    });
    wraps.push(await wrapRumor(rumor, { signer, recipient: carol.pubkey, nowSeconds: 1_700_000_000 }));
  }
  network.relay(3).put(...wraps);
  await using cleo = await start('carol');
  assert.equal((await cleo.messages.listen()).length, 1);
  const { messages } = await cleo.messages.page([alice.pubkey, carol.pubkey], { limit: 500 });
  assert.equal(messages.filter(({ content }) => content.startsWith('old')).length, 70);
  network.relay(3).resetLedger();
  await cleo.restart();
  await cleo.messages.listen();
  const [again] = network.relay(3).ledger.requests;
  assert.ok((again?.filters[0]?.since ?? 0) > 1_700_000_000, 'it asks from two days before the last look on');
});

test('who has no key can read nothing and send nothing', async () => {
  const readOnly = (keys: typeof bob) => createReadOnlySigner(keys.pubkey);
  await using ben = await start('bob', { signer: readOnly });
  const sending = ben.messages.send({ to: [alice.pubkey], content: 'x' });
  await assert.rejects(sending, (error) => error instanceof SignerError && error.fault === 'read-only');
  const { nip44Encrypt, nip44Decrypt, ...plain } = createKeySigner(alice.secret);
  await using anna = await start('alice', { signer: () => plain });
  const unsupported = anna.messages.send({ to: [bob.pubkey], content: 'x' });
  await assert.rejects(unsupported, (error) => error instanceof SignerError && error.fault === 'unsupported');
  await assert.rejects(anna.messages.send({ to: [], content: 'x' }), MessageError);
});
