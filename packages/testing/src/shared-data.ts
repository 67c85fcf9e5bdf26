import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/**
 * The absolute path of a file of the shared real data (`events/permissive.jsonl.gz`), or null where it is not there;
 * tests then skip with a reason. It is looked for in the folder that the environment variable NOSTRATA_SHARED names,
 * else in `shared` next to the root of the repository.
 */
export function sharedData(path: string): string | null {
  const folder = process.env.NOSTRATA_SHARED ?? resolve(import.meta.dirname, '../../../../shared');
  const file = resolve(folder, 'data', path);
  return existsSync(file) ? file : null;
}

/** Why a test that needs files of the shared data is skipped, or false where it can run: `test(name, { skip })`. */
export function skipWithout(...paths: readonly string[]): string | false {
  const missing = paths.filter((path) => sharedData(path) === null);
  return missing.length > 0 ? `shared data is not on this machine: ${missing.join(', ')}` : false;
}

/**
 * The path of a file of the shared data, for tests that `skipWithout` has let run.
 * @throws Error where it is not there
 */
export function requireSharedData(path: string): string {
  const file = sharedData(path);
  if (file === null) throw new Error(`shared data is not on this machine: ${path}`);
  return file;
}

/** Reads a text file, unpacked where its name ends in `.gz`. */
export function readText(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** Reads a file of one JSON value a line, plain or `.gz`. The type is the caller's word; nothing is checked. */
export function readJsonLines<T = unknown>(path: string): T[] {
  const lines = readText(path).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}
