import type { View } from './contract.ts';

/** Counts how often each change was applied. */
export const countingView: View = {
  name: 'counting',
  version: 1,
  tables: [
    {
      name: 'view_counting',
      key: ['id'],
      statements: ['CREATE TABLE view_counting (id TEXT PRIMARY KEY, times BIGINT NOT NULL)'],
    },
  ],
  apply: async (changes, transaction) => {
    for (const change of changes) {
      await transaction.query(
        'INSERT INTO view_counting (id, times) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET times = view_counting.times + 1',
        [change.type === 'stored' ? change.event.id : `${change.id} removed at ${change.seq}`],
      );
    }
  },
};
