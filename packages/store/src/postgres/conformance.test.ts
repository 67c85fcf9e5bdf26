import { after } from 'node:test';
import { runConformance } from '../../conformance.ts';
import { createTestDatabases } from '../conformance/postgres-databases.ts';
import type { PostgresStore } from './store.ts';

const databases = await createTestDatabases();
after(() => databases.stop());

runConformance({
  name: 'postgres',
  histories: 3,
  skip: databases.skip,
  open: (options) => databases.open(options),
  reopen: (stopped, options) => databases.openAgain(stopped, options),
  openBeside: (running, options) => databases.openAgain(running, options),
  explain: (store, filter) => (store as PostgresStore).explain(filter),
});
