import { join } from 'node:path';
import { openSqlite } from '@nostrata/database';
import { openStore } from '@nostrata/store';
import { createAllViews } from './all-views.ts';
import { viewsPragmas } from './pragmas.ts';
import { countingView } from './test-counting.ts';
import { createViews } from './views.ts';

/** A process that brings the views of a folder to the end of its log, a few changes at a time. */
const folder = process.argv[2] ?? '';
const store = await openStore(`sqlite:${folder}`, { now: () => 1_600_000_000_000 });
const database = openSqlite(join(folder, 'views.db'), { pragmas: viewsPragmas });
const views = await createViews({
  store,
  database,
  views: [...createAllViews({ verify: () => true }), countingView],
  batchChanges: 7,
  onFailed: (view, error) => console.error(view, error),
});
console.log('ready');
await views.caughtUp();
console.log('caught up');
await views.stop();
await database.close();
await store.stop();
