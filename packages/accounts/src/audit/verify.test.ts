import assert from 'node:assert/strict';
import type { Database } from '@nostrata/database';
import { fc, seededRandom, testSeed } from '@nostrata/testing';
import { onEachEngine } from '../test-engines.ts';
import { hashEntry } from './append.ts';
import { pageEntries } from './limits.ts';
import { listAudit } from './list.ts';
import { createWorld, signer } from './test-world.ts';
import { type AuditFault, verifyAudit } from './verify.ts';

const law = await onEachEngine();

law('entries of many transactions at once, some of them taken back, are one chain without gaps', async (database) => {
  const { audit, clock } = createWorld(database);
  const random = seededRandom(testSeed());
  const fates = Array.from({ length: 120 }, () => random.integer(3) > 0);
  const run = async (isKept: boolean, index: number): Promise<void> => {
    await database.transaction(async (transaction) => {
      clock.advance(random.integer(5));
      await transaction.query('SELECT 1');
      await audit.append(transaction, { actor: 'system', action: 'test', entity: `e:${index}`, details: { index } });
      if (random.integer(2) === 0) await transaction.query('SELECT 1');
      if (!isKept) throw new Error('taken back');
    });
  };
  const results = await Promise.allSettled(fates.map(run));
  for (const [index, { status }] of results.entries()) assert.equal(status === 'fulfilled', fates[index]);
  const kept = fates.filter(Boolean).length;
  const rows = await database.query<{ seq: number; entity: string }>('SELECT seq, entity FROM audit_log ORDER BY seq');
  assert.deepEqual(
    rows.map(({ seq }) => seq),
    Array.from({ length: kept }, (_, index) => index + 1),
  );
  assert.equal(new Set(rows.map(({ entity }) => entity)).size, kept);
  const { ok, entries, head } = await verifyAudit(database);
  assert.deepEqual([ok, entries, head?.seq], [true, kept, kept]);
});

law('nobody changes, removes or empties the log through its tables', async (database) => {
  const { appendMany, createHeads } = createWorld(database);
  await appendMany(3);
  await createHeads().anchor();
  const statements = [
    `UPDATE audit_log SET actor = 'user:usr_9' WHERE seq = 2`,
    'UPDATE audit_log SET actor = actor',
    'DELETE FROM audit_log WHERE seq = 3',
    'DELETE FROM audit_log',
    'UPDATE audit_head SET seq = 1',
    'DELETE FROM audit_head',
    ...(database.dialect === 'postgres' ? ['TRUNCATE audit_log', 'TRUNCATE audit_head'] : []),
    // What replaces a row removes it first.
    ...(database.dialect === 'sqlite'
      ? ['INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE seq = 2']
      : []),
  ];
  for (const statement of statements) {
    const isGuarded = (error: Error) => /append-only/.test(`${error.message} ${error.cause}`);
    await assert.rejects(database.query(statement), isGuarded, statement);
  }
  assert.equal((await verifyAudit(database)).entries, 3);
});

law('an empty log is a good log', async (database) => {
  assert.deepEqual(await verifyAudit(database), { ok: true, entries: 0, heads: 0, firstBroken: null, head: null });
});

type Row = Readonly<Record<string, string | number>>;

/** Each does something to a log and says which entry shows it, and how. */
const tampers: Record<string, (database: Database, at: number, rows: readonly Row[]) => Promise<[number, AuditFault]>> =
  {
    async actor(database, at) {
      await database.query(`UPDATE audit_log SET actor = 'user:usr_evil' WHERE seq = $1`, [at]);
      return [at, 'changed'];
    },
    async details(database, at) {
      await database.query(`UPDATE audit_log SET details = '{"index":-1}' WHERE seq = $1`, [at]);
      return [at, 'changed'];
    },
    async 'details that are read twice'(database, at, rows) {
      const details = String(rows[at - 1]?.details).replace('{', '{"index":-1,');
      await database.query('UPDATE audit_log SET details = $1 WHERE seq = $2', [details, at]);
      return [at, 'changed'];
    },
    async 'details that cannot be read'(database, at) {
      await database.query(`UPDATE audit_log SET details = '{' WHERE seq = $1`, [at]);
      return [at, 'changed'];
    },
    async time(database, at) {
      await database.query('UPDATE audit_log SET at_ms = at_ms - 1 WHERE seq = $1', [at]);
      return [at, 'changed'];
    },
    async 'entry with its hash made anew'(database, at, rows) {
      const { at_ms, action, entity, prev_hash } = rows[at - 1] ?? {};
      const entry = { seq: at, atMs: Number(at_ms), actor: 'system', action: String(action), entity: String(entity) };
      const hash = hashEntry({ ...entry, details: {} }, String(prev_hash));
      await database.query(`UPDATE audit_log SET actor = 'system', details = '{}', hash = $1 WHERE seq = $2`, [
        hash,
        at,
      ]);
      return [at + 1, 'unlinked'];
    },
    async removal(database, at) {
      await database.query('DELETE FROM audit_log WHERE seq = $1', [at]);
      return [at, 'missing'];
    },
    async 'removal with the others moved up'(database, at, rows) {
      await database.query('DELETE FROM audit_log WHERE seq = $1', [at]);
      for (let seq = at + 1; seq <= rows.length; seq++) {
        await database.query('UPDATE audit_log SET seq = $1 WHERE seq = $2', [seq - 1, seq]);
      }
      return [at, 'unlinked'];
    },
    async 'two that changed places'(database, at) {
      await database.query('UPDATE audit_log SET seq = -1 WHERE seq = $1', [at]);
      await database.query('UPDATE audit_log SET seq = $1 WHERE seq = $2', [at, at + 1]);
      await database.query('UPDATE audit_log SET seq = $1 WHERE seq = -1', [at + 1]);
      return [at, 'unlinked'];
    },
    async insertion(database, at, rows) {
      for (let seq = rows.length; seq > at; seq--) {
        await database.query('UPDATE audit_log SET seq = $1 WHERE seq = $2', [seq + 1, seq]);
      }
      const prev = String(rows[at - 1]?.hash);
      const entry = { seq: at + 1, atMs: 5, actor: 'system', action: 'a', entity: 'b', details: {} };
      await database.query(`INSERT INTO audit_log VALUES ($1, 5, 'system', 'a', 'b', '{}', $2, $3)`, [
        at + 1,
        prev,
        hashEntry(entry, prev),
      ]);
      return [at + 2, 'unlinked'];
    },
  };

law('whatever is done to an entry, the check finds the first that shows it', async (database) => {
  const { appendMany, unguard } = createWorld(database);
  const count = 12;
  await appendMany(count);
  await unguard();
  const rows = await database.query<Row>('SELECT * FROM audit_log ORDER BY seq');
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(tampers)),
      fc.integer({ min: 1, max: count - 1 }),
      async (name, at) => {
        const undo = new Error('undo');
        await database
          .transaction(async (transaction) => {
            const [seq, fault] = (await tampers[name]?.(transaction as Database, at, rows)) ?? [0, 'head'];
            const report = await verifyAudit(transaction);
            assert.deepEqual([report.ok, report.firstBroken], [false, { seq, fault }], `${name} at ${at}`);
            assert.equal(report.head?.seq ?? 0, seq - 1, name);
            throw undo;
          })
          .catch((error) => {
            if (error !== undo) throw error;
          });
      },
    ),
    { numRuns: 60 },
  );
  assert.equal((await verifyAudit(database)).ok, true);
});

law('the check reads page after page, and can begin where an earlier one ended', async (database) => {
  const { appendMany } = createWorld(database);
  await database.transaction(async (transaction) => {
    const { audit } = createWorld({ ...database, ...transaction });
    for (let index = 0; index < pageEntries; index++) {
      await audit.append(transaction, { actor: 'system', action: 'a', entity: 'b', details: { index } });
    }
  });
  await appendMany(2);
  const whole = await verifyAudit(database);
  assert.deepEqual([whole.ok, whole.entries, whole.head?.seq], [true, pageEntries + 2, pageEntries + 2]);
  const rest = await verifyAudit(database, { from: pageEntries });
  assert.deepEqual([rest.ok, rest.entries, rest.head], [true, 3, whole.head]);
  const beyond = await verifyAudit(database, { from: pageEntries + 10 });
  assert.deepEqual(beyond.firstBroken, { seq: pageEntries + 9, fault: 'missing' });
});

law('entries that were cut off, and a log that was written anew, are found by the signed heads', async (database) => {
  const { appendMany, createHeads, published, unguard } = createWorld(database);
  await appendMany(4);
  await createHeads().anchor();
  const good = await verifyAudit(database, { signer: signer.pubkey, published });
  assert.deepEqual([good.ok, good.heads], [true, 2]);
  await unguard();
  await database.query('DELETE FROM audit_log WHERE seq > 2');
  const missing = { seq: 3, fault: 'missing' };
  assert.deepEqual((await verifyAudit(database, { signer: signer.pubkey })).firstBroken, missing);
  await database.query('DELETE FROM audit_head');
  assert.equal((await verifyAudit(database)).ok, true, 'nobody can tell from the database alone');
  assert.deepEqual((await verifyAudit(database, { signer: signer.pubkey, published })).firstBroken, missing);
  await database.query('DELETE FROM audit_log');
  await createWorld(database).append(7);
  await createWorld(database).appendMany(3);
  const anew = await verifyAudit(database, { signer: signer.pubkey, published });
  assert.deepEqual(anew.firstBroken, { seq: 4, fault: 'head' });
});

law('a head that somebody else signed or that says something else than its row is forged', async (database) => {
  const { appendMany, createHeads, unguard, published } = createWorld(database);
  await appendMany(4);
  await createHeads().anchor();
  const stranger = 'f'.repeat(64);
  assert.deepEqual((await verifyAudit(database, { signer: stranger })).firstBroken, { seq: 4, fault: 'head-forged' });
  assert.equal(
    (await verifyAudit(database, { published: [{ ...published[0], sig: '0'.repeat(128) } as never] })).ok,
    true,
  );
  await unguard();
  for (const change of [`seq = 3`, `hash = '${'0'.repeat(64)}'`, 'day = day - 1', `event = '{}'`, `event = '{'`]) {
    const undo = new Error('undo');
    const changing = database.transaction(async (transaction) => {
      await transaction.query(`UPDATE audit_head SET ${change}`);
      assert.equal(
        (await verifyAudit(transaction, { signer: signer.pubkey })).firstBroken?.fault,
        'head-forged',
        change,
      );
      throw undo;
    });
    await assert.rejects(changing, undo);
  }
});

law('entries are listed by what they are about, what was done and who did it, page by page', async (database) => {
  const { appendMany } = createWorld(database);
  await appendMany(205);
  const seqs: number[] = [];
  let beforeSeq: number | undefined;
  for (let pages = 1; ; pages++) {
    const { items, nextSeq } = await listAudit(database, { beforeSeq });
    seqs.push(...items.map(({ seq }) => seq));
    if (nextSeq === null) {
      assert.equal(pages, 3);
      break;
    }
    beforeSeq = nextSeq;
  }
  assert.deepEqual(
    seqs,
    Array.from({ length: 205 }, (_, index) => 205 - index),
  );
  const [one, ...others] = (await listAudit(database, { entity: 'key:key_7' })).items;
  assert.deepEqual([one?.details, others], [{ index: 7, name: 'n7', isGood: false, none: null }, []]);
  for (const action of ['payment.settled', 'payment.']) {
    const { items } = await listAudit(database, { action, actor: 'user:usr_1' });
    assert.ok(
      items.length > 30 && items.every((item) => item.action === 'payment.settled' && item.actor === 'user:usr_1'),
    );
  }
  assert.deepEqual(await listAudit(database, { action: 'pay' }), { items: [], nextSeq: null });
});
