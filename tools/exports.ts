/**
 * The public names of every package, so that a change of them is seen in review.
 *
 * `npx node tools/exports.ts --update` writes tools/exports.snapshot.json; without the option it prints the names.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { findExports } from './tidy/exports.ts';
import { loadRepository } from './tidy/repository.ts';

const root = new URL('..', import.meta.url).pathname;
const snapshot = new URL('./exports.snapshot.json', import.meta.url);

/** The sorted names that each door exports, by path; types are marked. */
export function listExports(): Record<string, string[]> {
  const repository = loadRepository(root);
  const doors = repository.paths.filter(
    (path) => /^packages\/[^/]+\/[^/]+\.ts$/.test(path) && !path.endsWith('.test.ts'),
  );
  return Object.fromEntries(
    doors.map((path) => [
      path,
      findExports(repository, path).map(({ name, isType }) => (isType ? `type ${name}` : name)),
    ]),
  );
}

/** The names that were last agreed on. */
export async function readSnapshot(): Promise<Record<string, string[]>> {
  return JSON.parse(await readFile(snapshot, 'utf8')) as Record<string, string[]>;
}

if (import.meta.main) {
  const text = `${JSON.stringify(listExports(), null, 2)}\n`;
  if (process.argv.includes('--update')) await writeFile(snapshot, text);
  else console.log(text);
}
