import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { runConformance } from '../../conformance.ts';
import type { EventStore, StoreOptions } from '../contract.ts';
import type { SqliteStore } from './assemble.ts';
import { openSqliteStore } from './store.ts';

// The laws are not about disks; what a disk keeps is tested by killing writers.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'nostrata-conformance-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const folders = new WeakMap<EventStore, string>();
let opened = 0;

async function openIn(place: string, options: StoreOptions): Promise<SqliteStore> {
  const store = await openSqliteStore(place, options);
  folders.set(store, place);
  return store;
}

function folderOf(store: EventStore): string {
  return folders.get(store) ?? '';
}

runConformance({
  name: 'sqlite',
  lawsAtOnce: 3,
  open: (options) => {
    opened += 1;
    return openIn(join(folder, String(opened)), options);
  },
  reopen: (stopped, options) => openIn(folderOf(stopped), options),
  openBeside: (running, options) => openIn(folderOf(running), options),
  explain: (store, filter) => ('explain' in store ? (store as SqliteStore).explain(filter) : ''),
});
