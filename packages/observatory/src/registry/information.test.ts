import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { readJsonLines, requireSharedData, skipWithout } from '@nostrata/testing';
import { createEngines } from '../facts/test-engines.ts';
import { createRegistry, type RegistryOptions } from './registry.ts';
import { createRelayReads } from './relay-reads.ts';
import { parseSoftware } from './software.ts';
import { createTestClock, quietLogger } from './test-parts.ts';

const documents = 'relays/nip11.jsonl.gz';

describe('the software of a relay', () => {
  test('has one spelling, whatever its relay writes', () => {
    const strfry = { key: 'github.com/hoytech/strfry', name: 'strfry' };
    for (const text of [
      'git+https://github.com/hoytech/strfry.git',
      'https://github.com/hoytech/strfry',
      'HTTPS://GitHub.com/Hoytech/Strfry/',
      'https://www.github.com/hoytech/strfry.git#master',
      'git@github.com:hoytech/strfry.git',
      'ssh://git@github.com/hoytech/strfry',
      'https://github.com/hoytech/strfry/tree/master',
      'Strfry',
    ]) {
      assert.deepEqual(parseSoftware(text), strfry, text);
    }
    const nostream = parseSoftware('git+https://github.com/Cameri/nostream.git');
    assert.deepEqual(parseSoftware('https://github.com/cameri/nostr-ts-relay'), nostream);
    assert.deepEqual(parseSoftware('custom'), { key: 'custom', name: 'custom' });
    for (const nothing of [undefined, null, 7, '', '   ', '...', 'N/A', {}])
      assert.equal(parseSoftware(nothing), undefined);
  });

  test('is read from every real document', { skip: skipWithout(documents) }, () => {
    const rows = readJsonLines<{ readonly doc: { readonly software?: unknown } }>(requireSharedData(documents));
    const names = rows.map(({ doc }) => parseSoftware(doc.software)?.name ?? null);
    assert.equal(names.filter((name) => name === 'strfry').length, 23);
    assert.equal(names.filter((name) => name === 'nostream').length, 5);
    assert.equal(names.filter((name) => name === null).length, 1);
  });
});

for (const engine of await createEngines()) {
  describe(`information documents on ${engine.name}`, { skip: engine.skip }, () => {
    after(() => engine.stop());
    const url = 'wss://one.example.com';

    const setUp = async (limits: RegistryOptions['limits'] = {}) => {
      const database = await engine.open();
      const clock = createTestClock();
      const registry = createRegistry({ database, clock, logger: quietLogger, seeds: [{ url }], limits });
      await registry.start();
      const reads = createRelayReads({ database, clock });
      const note = async (information: unknown): Promise<void> => {
        clock.advance(3_600_000);
        await registry.noteProbe(1, { ok: true, information });
      };
      const close = async (): Promise<void> => {
        await registry.stop();
        await database.close();
      };
      return { clock, note, read: () => reads.relay(url, '24h'), close };
    };

    test('are kept when they change, the newest first, and not when only their order or a clock does', async () => {
      const { clock, note, read, close } = await setUp();
      await note({
        name: 'One',
        version: '1',
        supported_nips: [1],
        limitation: { max_limit: 5, auth_required: false },
      });
      await note({
        limitation: { auth_required: false, max_limit: 5 },
        supported_nips: [1],
        version: '1',
        name: 'One',
      });
      await note({
        name: 'One',
        version: '1',
        supported_nips: [1],
        limitation: { max_limit: 5, auth_required: false },
        uptime: 77,
      });
      assert.equal((await read())?.informationHistory.length, 1);
      await note({ name: 'One', version: '2', limitation: { auth_required: true } });
      const details = await read();
      assert.equal(details?.informationHistory.length, 2);
      assert.equal(details?.informationHistory[0]?.at, new Date(clock.now()).toISOString());
      assert.deepEqual(details?.information, { name: 'One', version: '2', limitation: { auth_required: true } });
      assert.equal(details?.version, '2');
      assert.equal(details?.authRequired, true);
      assert.deepEqual(details?.nips, []);
      await close();
    });

    test('are bounded in number and in size', async () => {
      const { note, read, close } = await setUp({ informationHistoryMax: 3, informationCharactersMax: 200 });
      for (let at = 0; at < 6; at++) await note({ name: `Name ${at}` });
      assert.deepEqual(
        (await read())?.informationHistory.map(({ information }) => (information as { name: string }).name),
        ['Name 5', 'Name 4', 'Name 3'],
      );
      await note({ name: 'Long', description: 'x'.repeat(300) });
      const details = await read();
      assert.equal(details?.name, 'Long');
      assert.equal(details?.informationHistory.length, 3);
      await close();
    });

    test('of strangers do no harm: control characters, half characters, wrong types, and what is no object', async () => {
      const { note, read, close } = await setUp();
      await note({
        name: 'A\u0000B\u202Eevil\n',
        description: '\u0000',
        software: '\u0000x\ud800',
        version: `1\u0000.${'9'.repeat(500)}`,
        supported_nips: [-1, 1.5, 1e9, '11', 'x', null, 42, 42],
        limitation: [],
        relay_countries: 'DE',
        contact: 7,
      });
      const details = await read();
      assert.equal(details?.name, 'A B evil');
      assert.deepEqual(details?.nips, [11, 42]);
      assert.ok((details?.version?.length ?? 0) <= 60);
      assert.equal(details?.contact, null);
      for (const nothing of [null, 7, 'text', [1]]) await assert.rejects(note(nothing), { name: 'InvalidError' });
      await close();
    });

    test('of the wild are all taken in', { skip: skipWithout(documents) }, async () => {
      const { note, read, close } = await setUp();
      for (const { doc } of readJsonLines<{ readonly doc: unknown }>(requireSharedData(documents))) {
        await note(doc);
        assert.deepEqual((await read())?.information, doc);
      }
      await close();
    });
  });
}
