import { runConformance } from '../conformance.ts';
import { createMemoryStore } from './memory/store.ts';

runConformance({
  name: 'memory',
  histories: 16,
  open: async (options) => createMemoryStore(options),
  explain: (store, filter) =>
    'explain' in store ? (store as ReturnType<typeof createMemoryStore>).explain(filter) : '',
});
