import type { PostgresDatabase } from '@nostrata/database';
import { sourceCharactersMax } from '../limits.ts';
import { sourcesKnownMax } from './limits.ts';
import { textArray } from './literal.ts';

/** The numbers of sources, remembered. */
export interface Sources {
  /** Gives each name a number, new ones too; outside of transactions, so that a number never stands for nothing. */
  resolve(names: Iterable<string>): Promise<ReadonlyMap<string, number>>;
}

const insert = {
  name: 'sources_insert',
  text: 'INSERT INTO source (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING',
};
const select = { name: 'sources_select', text: 'SELECT id, name FROM source WHERE name = ANY ($1::text[])' };

/** A source's name as it is kept: bounded, and without what PostgreSQL cannot store in a text. */
export function sourceName(source: string): string {
  return source.slice(0, sourceCharactersMax).replaceAll('\u0000', '').toWellFormed();
}

/** Creates the memory of sources of one store. */
export function createSources(database: PostgresDatabase): Sources {
  const known = new Map<string, number>();
  return {
    async resolve(names) {
      const missing = [...new Set(names)].filter((name) => !known.has(name)).sort();
      if (missing.length > 0) {
        if (known.size + missing.length > sourcesKnownMax) known.clear();
        await database.run(insert, [textArray(missing)]);
        const rows = await database.run<{ id: number; name: string }>(select, [textArray([...names])]);
        for (const { id, name } of rows) known.set(name, id);
      }
      return new Map(Array.from(names, (name) => [name, known.get(name) ?? 0]));
    },
  };
}
