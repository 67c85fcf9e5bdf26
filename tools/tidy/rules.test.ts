import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createRepository, type Finding } from './repository.ts';
import { rules } from './rules.ts';

interface Example {
  /** Text by path, each of which the rule reports at least once. */
  readonly bad: readonly Readonly<Record<string, string>>[];
  /** Text by path, none of which the rule reports. */
  readonly good: Readonly<Record<string, string>>;
}

const room = (text: string) => ({ 'packages/store/src/a.ts': text });
const spec = (text: string) => ({ 'packages/store/src/a.test.ts': text });
const lines = (count: number, line = 'run();') => `${line}\n`.repeat(count);
const manifest = (name: string) => JSON.stringify({ name, exports: { '.': './index.ts' } });

const examples: Readonly<Record<string, Example>> = {
  'no any': { bad: [room('let a: any;'), room('f(x as any);')], good: room('const any = 1; // any') },
  'no non-null assertion': { bad: [room('a!.b;')], good: room('if (!a) b(); a != b;') },
  'only erasable syntax': {
    bad: [
      room('enum A { b }'),
      room('namespace A { f(); }'),
      room('class A { constructor(private b: 1) {} }'),
      room('@a class B {}'),
    ],
    good: room('declare global { interface A {} } class B { #c = 1; }'),
  },
  'classes hold state and extend only Error': {
    bad: [room('class A { run() {} }'), room('class A extends B { c = 1; }'), room('class A { static b = 1; }')],
    good: room('class A extends Error {} class B { #c = 1; }'),
  },
  'no state in a module': {
    bad: [room('let a = 1;'), room('export let a = 1;'), room('const a = new Map<string, number>();')],
    good: {
      ...room('const a = new Map([[1, 2]]); const b: ReadonlySet<string> = new Set(); function f() { let c = 1; }'),
      ...spec('let a = 1;'),
    },
  },
  'clock, randomness, environment and console are injected': {
    bad: ['Date.now()', 'new Date()', 'Math.random()', 'process.env.A', 'console.log()', 'f(performance.now)'].map(
      room,
    ),
    good: {
      ...room('new Date(nowMs); Math.max(1); let f: typeof Date.now;'),
      ...spec('Date.now();'),
      'packages/server/src/a.ts': 'console.log(process.env);',
      'tools/a.ts': 'Date.now();',
    },
  },
  'no empty catch': {
    bad: [room('try { f(); } catch {}'), room('f().catch(() => {});')],
    good: room('try { f(); } catch { count(); } f().catch(() => report()); try {} catch { /* The file is gone. */ }'),
  },
  'skipped tests say why, and none runs alone': {
    bad: [
      "test.only('a', f)",
      "describe.skip('a', f)",
      "test('a', { skip: true }, f)",
      't.skip()',
      "it('a', { only: true }, f)",
    ].map(spec),
    good: spec("test('a', { skip: 'no server' }, f); t.skip('no disk'); test('b', { skip: reason }, f);"),
  },
  'no FIXME, and TODO only with its number': {
    bad: [room(`// FIX${'ME'} later`), room(`// TO${'DO'} later`)],
    good: room(`const a = 'FIX${'ME'}'; // TO${'DO'}(#12) when it can be had`),
  },
  'a file has at most 500 lines, tables apart': {
    bad: [room(lines(501))],
    good: { ...room(lines(500)), 'packages/store/src/b.ts': `const a = [\n${lines(600, '  1,')}];` },
  },
  'a function has at most 70 lines and 3 parameters': {
    bad: [
      room(`function f() {\n${lines(69)}}`),
      room('function f(a, b, c, d) {}'),
      room('class A { f(a, b, c, d) {} }'),
      room(`function create() { return { run() {\n${lines(70)}} }; }`),
    ],
    good: {
      ...room(`function f(this: A, a, b, c) {\n${lines(68)}} text.replace(x, (a, b, c, d) => a);`),
      ...spec(`describe('a', () => {\n${lines(80)}});`),
      'packages/store/src/b.ts': `function create() { function a() {\n${lines(60)}}\n return { b() {\n${lines(60)}} }; }`,
    },
  },
  'files and folders are kebab-case, at most one folder below src': {
    bad: [
      { 'packages/store/src/aB.ts': '' },
      { 'packages/store/src/a_b/c.ts': '' },
      { 'packages/store/src/a/b/c.ts': '' },
    ],
    good: { 'packages/store/src/a-b/nip-11.test.ts': '', 'packages/store/index.ts': '' },
  },
  'a file has at most 256 KiB': { bad: [{ 'a.txt': 'a'.repeat(262_145) }], good: { 'a.txt': 'a'.repeat(262_144) } },
  'every package has a README.md of at most 60 lines': {
    bad: [
      { 'packages/store/package.json': '{}' },
      { 'packages/store/package.json': '{}', 'packages/store/README.md': lines(61) },
    ],
    good: { 'packages/store/package.json': '{}', 'packages/store/README.md': lines(60) },
  },
  'a room imports only rooms above it, by package name': {
    bad: [
      room("import { a } from '@nostrata/relay';"),
      room("export { a } from '@nostrata/ingest';"),
      room("type A = import('@nostrata/server').A;"),
      room("await import('@nostrata/relay');"),
      room("import { a } from '../../protocol/src/a.ts';"),
      room("import { a } from '@nostrata/protocol/src/a.ts';"),
      room("import { a } from '@nostrata/testing';"),
    ],
    good: {
      ...room("import { a } from '@nostrata/protocol'; import { b } from './b.ts'; import { c } from 'pg';"),
      ...spec("import { a } from '@nostrata/testing';"),
      'packages/store/src/test-disk.ts': "import { a } from '@nostrata/testing';",
      'bench/a.ts': "import { a } from '@nostrata/server';",
    },
  },
  'random tests take the seed of the run': {
    bad: [spec("import fc from 'fast-check';")],
    good: {
      ...spec("import { fc } from '@nostrata/testing';"),
      'packages/testing/src/a.ts': "import fc from 'fast-check';",
    },
  },
  'no door is imported inside its own package': {
    bad: [room("import { a } from '../index.ts';"), room("import { a } from '@nostrata/store';")],
    good: room("import { a } from './index.ts'; import { b } from '@nostrata/protocol';"),
  },
  'no export *': { bad: [room("export * from './b.ts';")], good: room("export { a } from './b.ts';") },
  'no import cycle': {
    bad: [
      { 'tools/a.ts': "import './b.ts';", 'tools/b.ts': "import type { A } from './a.ts';" },
      {
        'packages/store/package.json': manifest('@nostrata/store'),
        'packages/store/index.ts': "export { a } from './src/a.ts';",
        'packages/store/src/a.ts': "import { b } from '@nostrata/ingest';",
        'packages/ingest/package.json': manifest('@nostrata/ingest'),
        'packages/ingest/index.ts': "import { a } from '@nostrata/store';",
      },
    ],
    good: { 'tools/a.ts': "import './b.ts'; import './c.ts';", 'tools/b.ts': "import './c.ts';", 'tools/c.ts': '' },
  },
  'no dead file': {
    bad: [room('export const a = 1;')],
    good: {
      'packages/store/package.json': manifest('@nostrata/store'),
      'packages/store/index.ts': "export { a } from './src/a.ts';",
      'packages/store/src/a.ts': "new Worker(new URL('./b.ts', import.meta.url));",
      'packages/store/src/b.ts': '',
      'packages/store/src/c.test.ts': "import './d.ts';",
      'packages/store/src/d.ts': '',
    },
  },
  'what a package exports has a doc comment': {
    bad: [
      { 'packages/store/index.ts': 'export const a = 1;' },
      { 'packages/store/index.ts': "export { a } from './src/a.ts';", ...room('// a\nexport function a() {}') },
      {
        'packages/store/index.ts': "export type { A } from './src/a.ts';",
        ...room('/** b */\nf();\ninterface A {}\nexport { A };'),
      },
    ],
    good: {
      'packages/store/index.ts': "export { a, type B, c as d } from './src/a.ts';",
      ...room(
        '/** Does. */\nexport function a() {}\n/** Is. */\nexport interface B {}\n/** Is. */\nconst c = 1;\nexport { c };',
      ),
    },
  },
  'paths in documents exist': {
    bad: [{ 'README.md': '[a](docs/b.md)' }, { 'README.md': 'see `store/src/a.ts`' }, { 'docs/a.md': '`tools/b.ts`' }],
    good: {
      ...room(''),
      'README.md': '[a](docs/a.md) [b](https://a.b/c) [c](#d) `store/src/a.ts` `packages/store` `packages/*/x`',
      'docs/a.md': '[up](../README.md) `store/src/`',
    },
  },
  'no machine paths, no registry addresses': {
    bad: [{ 'README.md': 'see /home/alice/a' }, { 'a.json': '"resolved": "https://a.b/c.tgz"' }, room("'/root/x'")],
    good: {
      'README.md': 'https://example.com/home/a and ./home/a',
      'a.json': '"resolved": "packages/a", "link": true',
    },
  },
};

function check(name: string, texts: Readonly<Record<string, string>>): Finding[] {
  const rule = rules.find((candidate) => candidate.name === name);
  assert.ok(rule, `no rule is called ${name}`);
  return rule.check(createRepository(new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]))));
}

test('every rule has an example that breaks it', () => {
  assert.deepEqual(rules.map(({ name }) => name).sort(), Object.keys(examples).sort());
});

describe('a rule reports what breaks it and nothing else', () => {
  for (const [name, { bad, good }] of Object.entries(examples)) {
    test(name, () => {
      for (const texts of bad) assert.notEqual(check(name, texts).length, 0, JSON.stringify(texts).slice(0, 300));
      assert.deepEqual(check(name, good), []);
    });
  }
});

test('a finding says in which line the fault is', () => {
  assert.deepEqual(
    check('no any', room('f();\n\nlet a: any;')).map(({ path, line }) => `${path}:${line}`),
    ['packages/store/src/a.ts:3'],
  );
});
