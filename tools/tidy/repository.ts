import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { type Comment, parseSync } from 'oxc-parser';
import { isNode, literalOf, type SyntaxNode, walk } from './syntax.ts';

/** A breach of a rule: where, which, and how to mend it. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly mend: string;
}

/** One house rule. */
export interface Rule {
  readonly name: string;
  check(repository: Repository): Finding[];
}

/** A module named in a source: by an import, an export, or a string that is the path of a file (worker entries). */
export interface Reference {
  readonly specifier: string;
  readonly line: number;
  readonly isImport: boolean;
}

/** A parsed TypeScript file. Paths are relative to the root of the repository. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
  readonly comments: readonly Comment[];
  readonly references: readonly Reference[];
  lineOf(offset: number): number;
}

/** The files that belong to the project. */
export interface Repository {
  readonly paths: readonly string[];
  readonly sources: readonly Source[];
  has(path: string): boolean;
  text(path: string): string;
  bytes(path: string): number;
  source(path: string): Source | undefined;
}

/** Reads the files that git tracks or would track. */
export function loadRepository(root: string): Repository {
  const listing = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  const contents = new Map<string, Buffer>();
  for (const path of listing.toString().split('\0')) {
    if (path !== '' && existsSync(join(root, path))) contents.set(path, readFileSync(join(root, path)));
  }
  return createRepository(contents);
}

/** A repository of these contents by path. */
export function createRepository(contents: ReadonlyMap<string, Buffer>): Repository {
  const paths = [...contents.keys()].sort();
  const sources = new Map<string, Source>();
  for (const path of paths) if (/\.tsx?$/.test(path)) sources.set(path, parseSource(path, `${contents.get(path)}`));
  return {
    paths,
    sources: [...sources.values()],
    has: (path) => contents.has(path),
    text: (path) => `${contents.get(path) ?? ''}`,
    bytes: (path) => contents.get(path)?.length ?? 0,
    source: (path) => sources.get(path),
  };
}

/** The path that a relative specifier means, seen from a file. */
export function resolvePath(from: string, specifier: string): string {
  return normalize(join(dirname(from), specifier));
}

function parseSource(path: string, text: string): Source {
  const result = parseSync(path, text);
  const program: unknown = result.program;
  if (!isNode(program)) throw new Error(`the parser gave no tree for ${path}`);
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  const lineOf = (offset: number): number => {
    const after = lineStarts.findIndex((start) => start > offset);
    return after < 0 ? lineStarts.length : after;
  };
  return { path, text, program, comments: result.comments, references: referencesOf(program, lineOf), lineOf };
}

const importTypes = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
]);

function referencesOf(program: SyntaxNode, lineOf: (offset: number) => number): Reference[] {
  const references: Reference[] = [];
  const imported = new Set<unknown>();
  walk(program, (node) => {
    const source = importTypes.has(node.type) ? node.source : node.type === 'TSImportType' ? node.source : undefined;
    const specifier = literalOf(source);
    if (specifier !== undefined) {
      imported.add(source);
      references.push({ specifier, line: lineOf(node.start), isImport: true });
    } else if (!imported.has(node)) {
      const text = literalOf(node);
      if (text !== undefined && /\.tsx?$/.test(text))
        references.push({ specifier: text, line: lineOf(node.start), isImport: false });
    }
  });
  return references;
}
