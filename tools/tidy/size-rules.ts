import { basename, dirname } from 'node:path';
import type { Finding, Rule, Source } from './repository.ts';
import { isFunction, isNode, nameOf, nodesIn, type SyntaxNode, walk } from './syntax.ts';

const limits = {
  fileLines: 500,
  functionLines: 70,
  parameters: 3,
  readmeLines: 60,
  fileBytes: 256 * 1024,
} as const;

const fileLines: Rule = {
  name: `a file has at most ${limits.fileLines} lines, tables apart`,
  check: ({ sources }) =>
    sources
      .filter((source) => source.lineOf(source.text.trimEnd().length) - tableLines(source) > limits.fileLines)
      .map(({ path }) => ({ path, line: limits.fileLines, mend: 'split it by concept' })),
};

/** Lines within the literals of a module's constants that hold no function. */
function tableLines(source: Source): number {
  let lines = 0;
  for (const statement of nodesIn(source.program.body)) {
    const declaration = isNode(statement.declaration) ? statement.declaration : statement;
    if (declaration.type !== 'VariableDeclaration' || declaration.kind !== 'const') continue;
    let hasFunction = false;
    walk(declaration, (node) => {
      hasFunction ||= isFunction(node);
    });
    if (!hasFunction) lines += linesOf(source, declaration);
  }
  return lines;
}

function linesOf(source: Source, node: SyntaxNode): number {
  return source.lineOf(node.end) - source.lineOf(node.start) + 1;
}

const groupWords = new Set(['describe', 'suite']);

const functionBudget: Rule = {
  name: `a function has at most ${limits.functionLines} lines and ${limits.parameters} parameters`,
  check: ({ sources }) => {
    const findings: Finding[] = [];
    for (const source of sources) {
      walk(source.program, (node, ancestors) => {
        const mend = isFunction(node) ? judgeFunction(source, node, ancestors.at(-1)) : undefined;
        if (mend !== undefined) findings.push({ path: source.path, line: source.lineOf(node.start), mend });
      });
    }
    return findings;
  },
};

/** Lines of a function without the named functions inside it, which count for themselves: what a factory is made of. */
function ownLines(source: Source, node: SyntaxNode): number {
  let lines = linesOf(source, node);
  walk(node, (inner, ancestors) => {
    const named = inner !== node && isFunction(inner) && isNamedPart(inner, ancestors.at(-1));
    const outer = ancestors.filter(
      (ancestor, index) => ancestor !== node && isNamedPart(ancestor, ancestors[index - 1]),
    );
    if (named && outer.length === 0) lines -= linesOf(source, inner) - 1;
  });
  return lines;
}

const nameGivers = new Set(['Property', 'VariableDeclarator', 'MethodDefinition', 'PropertyDefinition']);

function isNamedPart(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  return isFunction(node) && (node.type === 'FunctionDeclaration' || nameGivers.has(parent?.type ?? ''));
}

function judgeFunction(source: Source, node: SyntaxNode, parent: SyntaxNode | undefined): string | undefined {
  const isCallback = parent?.type === 'CallExpression' && parent.callee !== node;
  const isGroup = isCallback && groupWords.has(nameOf(parent.callee) ?? '');
  const lines = ownLines(source, node);
  if (lines > limits.functionLines && !isGroup) return `${lines} lines: ifs stay in the parent, pure leaves come out`;
  // A callback's parameters are its caller's choice.
  const parameters = nodesIn(node.params).filter((parameter) => nameOf(parameter) !== 'this').length;
  if (parameters > limits.parameters && !isCallback) return `${parameters} parameters: take one options object`;
  return undefined;
}

const names: Rule = {
  name: 'files and folders are kebab-case, at most one folder below src',
  check: ({ sources }) => {
    const findings: Finding[] = [];
    for (const { path } of sources) {
      const folders = dirname(path).split('/');
      const isKebab = folders.every((folder) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(folder));
      if (!isKebab || !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|d))?\.tsx?$/.test(basename(path))) {
        findings.push({ path, line: 1, mend: 'name it in lower case with hyphens: `outbox-row.ts`' });
      }
      if (/^packages\/[^/]+\/src\/[^/]+\/[^/]+\//.test(path)) {
        findings.push({ path, line: 1, mend: 'move it up: one folder level below src' });
      }
    }
    return findings;
  },
};

const blobs: Rule = {
  name: `a file has at most ${limits.fileBytes / 1024} KiB`,
  check: ({ paths, bytes }) =>
    paths
      .filter((path) => path !== 'package-lock.json' && bytes(path) > limits.fileBytes)
      .map((path) => ({ path, line: 1, mend: 'generate it, or keep it outside the repository' })),
};

const readmes: Rule = {
  name: `every package has a README.md of at most ${limits.readmeLines} lines`,
  check: ({ paths, has, text }) => {
    const findings: Finding[] = [];
    for (const path of paths) {
      const folder = /^(packages\/[^/]+)\/package\.json$/.exec(path)?.[1];
      if (folder === undefined) continue;
      const readme = `${folder}/README.md`;
      const lines = text(readme).trimEnd().split('\n').length;
      if (!has(readme))
        findings.push({ path: readme, line: 1, mend: 'write it: is, may import, exports, one example' });
      else if (lines > limits.readmeLines) findings.push({ path: readme, line: lines, mend: 'shorten it' });
    }
    return findings;
  },
};

/** Rules about how large things are and what files are called. */
export const sizeRules: readonly Rule[] = [fileLines, functionBudget, names, blobs, readmes];
