import { isAtEdge, isTest } from './places.ts';
import type { Finding, Rule, Source } from './repository.ts';
import { isNode, memberOf, nameOf, nodesIn, type SyntaxNode, walk } from './syntax.ts';

type Judge = (node: SyntaxNode, source: Source, ancestors: readonly SyntaxNode[]) => string | undefined;

/** A rule that judges single nodes: the judge answers with the mend, or undefined where all is well. */
function nodeRule(name: string, judge: Judge): Rule {
  return {
    name,
    check: ({ sources }) => {
      const findings: Finding[] = [];
      for (const source of sources) {
        walk(source.program, (node, ancestors) => {
          const mend = judge(node, source, ancestors);
          if (mend !== undefined) findings.push({ path: source.path, line: source.lineOf(node.start), mend });
        });
      }
      return findings;
    },
  };
}

const noAny = nodeRule('no any', ({ type }) =>
  type === 'TSAnyKeyword' ? 'write `unknown` and narrow it, or the real type' : undefined,
);

const noNonNull = nodeRule('no non-null assertion', ({ type }) =>
  type === 'TSNonNullExpression' ? 'check for undefined, or assert with a sentence' : undefined,
);

const erasable = nodeRule('only erasable syntax', (node) => {
  if (node.type === 'TSEnumDeclaration') return 'write a union of literals, or a const object';
  if (node.type === 'TSModuleDeclaration' && node.declare !== true && node.kind === 'namespace') {
    return 'write a module of its own instead of a namespace';
  }
  if (node.type === 'TSParameterProperty') return 'declare the field and assign it in the constructor';
  if (nodesIn(node.decorators).length > 0) return 'call a function instead of decorating';
  return undefined;
});

const classes = nodeRule('classes hold state and extend only Error', (node) => {
  if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') return undefined;
  if (isNode(node.superClass)) {
    return nameOf(node.superClass) === 'Error' ? undefined : 'compose with a field; only `Error` is extended';
  }
  const members = isNode(node.body) ? nodesIn(node.body.body) : [];
  const hasState = members.some((member) => member.type === 'PropertyDefinition' && member.static !== true);
  return hasState ? undefined : 'it has no state of its own: write functions';
});

const containers = new Set(['Map', 'Set', 'WeakMap', 'WeakSet']);

const noModuleState = nodeRule('no state in a module', (node, source, ancestors) => {
  if (node.type !== 'VariableDeclaration' || isTest(source.path) || node.declare === true) return undefined;
  if (!ancestors.every(({ type }) => type === 'Program' || type === 'ExportNamedDeclaration')) return undefined;
  if (node.kind === 'let' || node.kind === 'var') return 'keep it in what `createX` returns';
  for (const { init, id } of nodesIn(node.declarations)) {
    if (!isNode(init) || init.type !== 'NewExpression' || nodesIn(init.arguments).length > 0) continue;
    const isReadonly = isNode(id) && source.text.slice(id.start, id.end).includes('Readonly');
    if (containers.has(nameOf(init.callee) ?? '') && !isReadonly) {
      return 'an empty container in a module is shared state: keep it in what `createX` returns';
    }
  }
  return undefined;
});

const bannedMembers: Readonly<Record<string, readonly string[]>> = {
  Date: ['now'],
  Math: ['random'],
  performance: ['now'],
  process: ['env'],
};

const injected = nodeRule('clock, randomness, environment and console are injected', (node, source, ancestors) => {
  if (isAtEdge(source.path)) return undefined;
  const member = memberOf(node);
  if (member?.object === 'console') return 'take a logger, or report by a metric';
  if (member && bannedMembers[member.object]?.includes(member.property)) {
    const inType = ancestors.some(({ type }) => type === 'TSTypeQuery');
    return inType ? undefined : `take ${member.object}.${member.property} as an option from whoever creates this`;
  }
  const isDate = (node.type === 'NewExpression' || node.type === 'CallExpression') && nameOf(node.callee) === 'Date';
  return isDate && nodesIn(node.arguments).length === 0 ? 'take the time as an option: `new Date(nowMs)`' : undefined;
});

const noEmptyCatch = nodeRule('no empty catch', (node, source) => {
  const mend = 'handle it, count it by a named counter, let it through, or say why it may be dropped';
  if (node.type === 'CatchClause') return isSilent(node.body, source) ? mend : undefined;
  if (node.type !== 'CallExpression' || !isNode(node.callee) || nameOf(node.callee.property) !== 'catch')
    return undefined;
  const [handler] = nodesIn(node.arguments);
  return handler?.type === 'ArrowFunctionExpression' && isSilent(handler.body, source) ? mend : undefined;
});

/** Says whether it is a block that does nothing and does not say why. */
function isSilent(node: unknown, { comments }: Source): boolean {
  if (!isNode(node) || node.type !== 'BlockStatement' || nodesIn(node.body).length > 0) return false;
  return !comments.some(({ start, end }) => start > node.start && end < node.end);
}

const testWords = new Set(['test', 'it', 'describe', 'suite']);
const contextWords = new Set(['t', 'context']);

const skipsSayWhy = nodeRule('skipped tests say why, and none runs alone', (node, source) => {
  if (!source.path.endsWith('.test.ts') || node.type !== 'CallExpression') return undefined;
  const member = memberOf(node.callee);
  if (member && testWords.has(member.object)) {
    if (member.property === 'only') return 'take `.only` away';
    if (member.property === 'skip' || member.property === 'todo') return "write { skip: 'the reason' }";
  }
  if (member?.property === 'skip' && contextWords.has(member.object) && nodesIn(node.arguments).length === 0) {
    return 'give skip() the reason';
  }
  if (!testWords.has(nameOf(node.callee) ?? '')) return undefined;
  for (const options of nodesIn(node.arguments).filter(({ type }) => type === 'ObjectExpression')) {
    for (const { key, value } of nodesIn(options.properties)) {
      if (!isNode(value) || value.value !== true) continue;
      if (nameOf(key) === 'only') return 'take `only` away';
      if (nameOf(key) === 'skip' || nameOf(key) === 'todo') return 'give the reason as text';
    }
  }
  return undefined;
});

const noFixme: Rule = {
  name: 'no FIXME, and TODO only with its number',
  check: ({ sources }) =>
    sources.flatMap((source) =>
      source.comments
        .filter(({ value }) => /\bFIXME\b|\bTODO\b(?!\(#\d+\))/.test(value))
        .map(({ start }) => ({ path: source.path, line: source.lineOf(start), mend: 'mend it, or file it' })),
    ),
};

/** Rules about what a line of code may say. */
export const codeRules: readonly Rule[] = [
  noAny,
  noNonNull,
  erasable,
  classes,
  noModuleState,
  injected,
  noEmptyCatch,
  skipsSayWhy,
  noFixme,
];
