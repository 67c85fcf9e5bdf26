import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { canRead } from '@nostrata/relay';
import type { EventStore } from '@nostrata/store';
import {
  connectClient,
  readJsonLines,
  readText,
  requireSharedData,
  type SeededRandom,
  seededRandom,
  skipWithout,
  startPostgres,
  testSeed,
} from '@nostrata/testing';
import { createLogger } from '../cli/logger.ts';
import { composeIngest, composeStore } from '../compose-door.ts';
import { loadSettings } from '../config/load.ts';
import { createImportCounts, importBlocks } from '../transfer/import.ts';
import { openStreamInput } from '../transfer/input.ts';
import { readBlocks } from '../transfer/lines.ts';
import { createFolder, runForJson, runProcess, startRelay } from './program.ts';

const eventsPath = 'events/permissive.jsonl.gz';
const survivorsPath = 'events/survivor-ids-permissive.txt.gz';
const expectedPath = 'events/expected-permissive.json';
const skip = skipWithout(eventsPath, survivorsPath, expectedPath);

interface Expected {
  readonly events: number;
  readonly ephemeral: number;
  readonly survivors: number;
  readonly survivors_sorted_ids_sha256: string;
  readonly kinds_all: Readonly<Record<string, number>>;
}

/** The survivors know no NIP-40: at this time nothing of the file has expired. */
const nothingExpired = () => Date.UTC(2024, 0, 1);

/** The import of the command line with a clock of its own; returns the counts. */
async function importText(store: EventStore, text: string) {
  const loaded = { ...loadSettings({}), now: nothingExpired, logger: createLogger('silent') };
  await using ingest = await composeIngest(store, loaded, { isImport: true });
  const { chunks } = await openStreamInput(Readable.from([Buffer.from(text)], { objectMode: false }));
  const counts = createImportCounts();
  await importBlocks({
    door: ingest,
    blocks: readBlocks(chunks, { lineBytesMax: 2 ** 24 }),
    counts,
    start: { offset: 0, lines: 0 },
    blocksMax: 8,
    signal: new AbortController().signal,
    onRejected: ({ line, reason }) => assert.fail(`line ${line} was refused: ${reason}`),
    onSettled: () => undefined,
  });
  return counts;
}

async function loadIds(store: EventStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of store.query([{}])) {
    for (const { json } of page) ids.push((JSON.parse(json) as NostrEvent).id);
  }
  return ids.sort();
}

const truth = () => JSON.parse(readText(requireSharedData(expectedPath))) as Expected;
const survivorIds = () => readText(requireSharedData(survivorsPath)).trim().split('\n').sort();
const sourceEvents = () => readJsonLines<NostrEvent>(requireSharedData(eventsPath));

function countByKind(events: readonly NostrEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of events) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** A difference is easier to read than two long lists. */
function assertSameIds(found: readonly string[], wanted: readonly string[]): void {
  const [foundSet, wantedSet] = [new Set(found), new Set(wanted)];
  assert.equal(foundSet.size, found.length, 'an id comes twice');
  assert.deepEqual([...wantedSet.difference(foundSet)], [], 'missing');
  assert.deepEqual([...foundSet.difference(wantedSet)], [], 'too many');
}

function shuffle<T>(source: readonly T[], random: SeededRandom): T[] {
  return source
    .map((value) => ({ value, rank: random.next() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ value }) => value);
}

/** Survivors that NIP-40 has not taken away by now. */
function survivorsOfToday(): NostrEvent[] {
  const ids = new Set(survivorIds());
  const nowSeconds = Date.now() / 1000;
  const isExpired = ({ tags }: NostrEvent) =>
    tags.some(([name, value]) => name === 'expiration' && Number(value) <= nowSeconds);
  return sourceEvents().filter((event) => ids.has(event.id) && !isExpired(event));
}

describe('the real events survive as independently computed', { skip }, () => {
  const seed = testSeed();
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  before(async () => {
    postgres = await startPostgres();
  });
  after(async () => {
    if (postgres.isAvailable) await postgres.stop();
  });

  const openUrl: Readonly<Record<string, (folder: string) => string | Promise<string>>> = {
    memory: () => 'memory:',
    sqlite: (folder) => `sqlite:${folder}`,
    postgres: () => (postgres.isAvailable ? postgres.createDatabase() : ''),
  };
  for (const [engine, open] of Object.entries(openUrl)) {
    for (const order of ['file order', 'shuffled once', 'shuffled twice', 'shuffled thrice']) {
      test(`${engine}, ${order}`, async (context) => {
        if (engine === 'postgres' && !postgres.isAvailable) return context.skip(postgres.reason);
        context.diagnostic(`seed ${seed}`);
        await using folder = await createFolder();
        const events = sourceEvents();
        const ordered = order === 'file order' ? events : shuffle(events, seededRandom(`${order} ${seed}`));
        const { settings } = loadSettings({ flags: { store: await open(folder.path) } });
        await using store = await composeStore({ settings, now: nothingExpired });
        const counts = await importText(store, ordered.map((event) => JSON.stringify(event)).join('\n'));
        const ids = await loadIds(store);
        assertSameIds(ids, survivorIds());
        const expected = truth();
        assert.equal(createHash('sha256').update(ids.join('\n')).digest('hex'), expected.survivors_sorted_ids_sha256);
        assert.equal(counts.read, expected.events);
        assert.equal(counts.ephemeral, expected.ephemeral);
        const kept = new Set(ids);
        const kinds = countByKind(events.filter((event) => kept.has(event.id)));
        for (const kind of Object.keys(expected.kinds_all)) {
          assert.equal((await store.count([{ kinds: [Number(kind)] }])).count, kinds[kind] ?? 0, `kind ${kind}`);
        }
      });
    }
  }

  test('the command line imports, exports and imports again, and the exports are equal byte for byte', async (context) => {
    await using folder = await createFolder();
    const [first, second] = [join(folder.path, 'first'), join(folder.path, 'second')];
    const report = await runForJson(['import', '--data', first, requireSharedData(eventsPath)]);
    assert.deepEqual(
      Object.keys(report),
      'read stored duplicate superseded deleted expired vanished ephemeral invalid rejected seconds eventsPerSecond'.split(
        ' ',
      ),
    );
    assert.equal(report.read, truth().events);
    const files = ['a.jsonl', 'b.jsonl.gz', 'c.jsonl'].map((name) => join(folder.path, name));
    const [a = '', b = '', c = ''] = files;
    assert.equal((await runForJson(['export', '--data', first, a])).events, survivorsOfToday().length);
    const text = await readFile(a, 'utf8');
    const ids = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as NostrEvent).id);
    assertSameIds(
      ids,
      survivorsOfToday().map(({ id }) => id),
    );
    assert.equal((await runForJson(['import', '--data', second, a])).stored, ids.length);
    await runForJson(['export', '--data', second, b]);
    assert.equal(readText(b), text);
    assert.deepEqual(await runForJson(['count', '--data', second, '--kind', '0-65535']), { count: ids.length });

    if (!postgres.isAvailable) return context.diagnostic(`without PostgreSQL: ${postgres.reason}`);
    const store = await postgres.createDatabase();
    await runForJson(['import', '--data', second, '--store', store, b]);
    await runForJson(['export', '--data', second, '--store', store, c]);
    assert.equal(await readFile(c, 'utf8'), text);
  });

  test('every awkward event comes back over a subscription as it was signed', async () => {
    await using folder = await createFolder();
    await runForJson(['import', '--data', folder.path, requireSharedData(eventsPath)]);
    await using relay = await startRelay(['--data', folder.path]);
    await using client = await connectClient(relay.url);
    const rows = readText(requireSharedData('events/edge-cases.tsv')).trim().split('\n').slice(1);
    const awkward = new Set(rows.map((row) => row.split('\t')[3]));
    // What only its recipient may read is tested with the relay.
    const expected = survivorsOfToday().filter((event) => awkward.has(event.id) && canRead(event, new Set()));
    assert.ok(expected.length > 400, `only ${expected.length} survive`);
    const ids = expected.map(({ id }) => id);
    const found = new Map<string, NostrEvent>();
    for (let at = 0; at < ids.length; at += 100) {
      const { events, eose } = await client.request('edge', [{ ids: ids.slice(at, at + 100) }]);
      assert.ok(eose);
      for (const event of events) found.set(event.id, event);
    }
    for (const event of expected) assert.deepEqual(found.get(event.id), event);
    assert.equal((await relay.stop()).code, 0);
  });
});

test('every really seen invalid event is refused with a reason', {
  skip: skipWithout('events/invalid.jsonl.gz'),
}, async () => {
  await using folder = await createFolder();
  const source = readJsonLines<{ reason: string; event: unknown }>(requireSharedData('events/invalid.jsonl.gz'));
  const [file, rejects] = [join(folder.path, 'invalid.jsonl'), join(folder.path, 'rejects.jsonl')];
  await writeFile(file, source.map(({ event }) => JSON.stringify(event)).join('\n'));
  const report = await runForJson(['import', '--data', folder.path, file, '--rejects', rejects]);
  assert.equal(report.read, source.length);
  assert.equal(report.invalid, source.length);
  const rows = readJsonLines<{ file: string; line: number; reason: string; text: string }>(rejects);
  assert.deepEqual(
    rows.map(({ line }) => line).sort((a, b) => a - b),
    source.map((_, index) => index + 1),
  );
  const reasonByClass: Readonly<Record<string, RegExp>> = {
    'bad-sig': /signature/,
    'id-mismatch': /hash/,
    'shape:tags': /tag/,
    'shape:pubkey-format': /pubkey/,
    'shape:sig-format': /sig/,
  };
  for (const { line, reason, text } of rows) {
    const row = source[line - 1];
    assert.ok(row);
    assert.match(reason, reasonByClass[row.reason] ?? assert.fail(row.reason));
    assert.equal(text, JSON.stringify(row.event));
  }
  // The lines of the file as they are hold no event at all.
  const wrapped = await runProcess([
    'import',
    '--data',
    folder.path,
    requireSharedData('events/invalid.jsonl.gz'),
    '--json',
  ]);
  assert.equal(JSON.parse(wrapped.stdout.trimEnd().split('\n').at(-1) ?? '').invalid, source.length);
});
