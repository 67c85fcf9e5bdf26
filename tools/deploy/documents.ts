import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

/** The documents of a YAML file as plain values. A warning of the parser counts as an error, and so does an empty one. */
export function readDocuments(path: string): unknown[] {
  const documents = parseAllDocuments(readFileSync(path, 'utf8'), { strict: true, uniqueKeys: true });
  if (!Array.isArray(documents)) throw new Error(`${path} holds no document`);
  return documents.map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw new Error(`${path}: ${problem.message}`);
    const content: unknown = document.toJS({ maxAliasCount: 0 });
    if (content === null) throw new Error(`${path} holds an empty document`);
    return content;
  });
}

/** The one document of a YAML file. */
export function readDocument(path: string): unknown {
  const [first, ...others] = readDocuments(path);
  if (others.length > 0) throw new Error(`${path} holds more than one document`);
  return first;
}

/** Everything that a tree of plain values holds: each value with the names that lead to it. */
export function* walkTree(value: unknown, path: readonly string[] = []): Generator<[readonly string[], unknown]> {
  yield [path, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) yield* walkTree(part, [...path, name]);
}
