import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqlite } from '@nostrata/database';
import type { VerifiedEvent } from '@nostrata/protocol';
import { openStore } from '../open.ts';
import { createLog } from './log.ts';
import { createReader } from './reader.ts';

test('what others have committed is told at the next look where a look could not read it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-log-'));
  try {
    await using store = await openStore(`sqlite:${folder}`, { now: () => 1_700_000_000_000 });
    const path = join(folder, 'events.db');
    const { handle } = openSqlite(path, { readOnly: true });
    const reader = createReader(path, handle, 0);
    let isFailing = false;
    const lastSeq = (): number => {
      if (isFailing) throw new Error('the disk does not answer');
      return reader.lastSeq();
    };
    const log = createLog(path, { ...reader, lastSeq }, () => () => undefined);
    const told: number[] = [];
    log.follow((changes) => {
      told.push(...changes.map(({ seq }) => seq));
    });
    const base = { pubkey: 'a'.repeat(64), created_at: 1, kind: 1, tags: [], content: '', sig: 'b'.repeat(128) };
    await store.put([{ event: { ...base, id: 'c'.repeat(64) } as unknown as VerifiedEvent }]);
    isFailing = true;
    assert.throws(() => log.look(), /does not answer/);
    isFailing = false;
    log.look();
    assert.deepEqual(told, [1]);
    log.stop();
    handle.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
