import { isTest, ladder, roomOf } from './places.ts';
import { type Finding, type Reference, type Repository, type Rule, resolvePath, type Source } from './repository.ts';
import { walk } from './syntax.ts';

/** A rule that judges single imports: the judge answers with the mend, or undefined where all is well. */
function importRule(name: string, judge: (source: Source, specifier: string) => string | undefined): Rule {
  return {
    name,
    check: ({ sources }) => {
      const findings: Finding[] = [];
      for (const source of sources) {
        for (const { specifier, line, isImport } of source.references) {
          const mend = isImport ? judge(source, specifier) : undefined;
          if (mend !== undefined) findings.push({ path: source.path, line, mend });
        }
      }
      return findings;
    },
  };
}

const ladderRule = importRule('a room imports only rooms above it, by package name', ({ path }, specifier) => {
  const room = roomOf(path);
  if (room === undefined) return undefined;
  if (specifier.startsWith('.')) {
    return roomOf(resolvePath(path, specifier)) === room ? undefined : 'import the other room by its package name';
  }
  const [, imported, deep] = /^@nostrata\/([^/]+)(\/.*)?$/.exec(specifier) ?? [];
  if (imported === undefined || imported === room) return undefined;
  if (deep?.startsWith('/src')) return 'import from the door of the package, not from its files';
  if (imported === 'testing') return isTest(path) ? undefined : 'only tests import @nostrata/testing';
  const steps: readonly string[] = ladder;
  if (!steps.includes(imported) || !steps.includes(room)) return 'name the room in the ladder (tools/tidy/places.ts)';
  const isAbove = steps.indexOf(imported) < steps.indexOf(room);
  return isAbove ? undefined : `${imported} is below ${room}: take what you need as an argument`;
});

const seededRule = importRule('random tests take the seed of the run', ({ path }, specifier) =>
  specifier === 'fast-check' && roomOf(path) !== 'testing' ? 'import { fc } from @nostrata/testing' : undefined,
);

const noOwnBarrel = importRule('no door is imported inside its own package', ({ path }, specifier) => {
  const room = roomOf(path);
  if (room === undefined) return undefined;
  const isDoor = specifier === `@nostrata/${room}` || resolvePath(path, specifier) === `packages/${room}/index.ts`;
  return isDoor ? 'import the file that has it' : undefined;
});

const noExportAll: Rule = {
  name: 'no export *',
  check: ({ sources }) => {
    const findings: Finding[] = [];
    for (const source of sources) {
      walk(source.program, (node) => {
        if (node.type !== 'ExportAllDeclaration') return;
        findings.push({ path: source.path, line: source.lineOf(node.start), mend: 'name what is exported' });
      });
    }
    return findings;
  },
};

/** The files of the project that a source names. */
function targetsOf(repository: Repository, source: Source, isWanted: (reference: Reference) => boolean): string[] {
  const targets: string[] = [];
  for (const reference of source.references) {
    const path = reference.specifier.startsWith('@nostrata/')
      ? doorOf(repository, reference.specifier)
      : resolvePath(source.path, reference.specifier);
    if (path !== undefined && isWanted(reference) && repository.source(path)) targets.push(path);
  }
  return targets;
}

function doorOf(repository: Repository, specifier: string): string | undefined {
  const [, room, name = ''] = /^@nostrata\/([^/]+)\/?(.*)$/.exec(specifier) ?? [];
  return exportsOf(repository, `packages/${room}/package.json`)[name === '' ? '.' : `./${name}`];
}

/** The entry files of a package by export name, relative to the root. */
function exportsOf(repository: Repository, manifest: string): Record<string, string> {
  if (!repository.has(manifest)) return {};
  const fields = JSON.parse(repository.text(manifest)) as Record<string, Record<string, string | Conditions>>;
  const { exports = {}, imports = {}, bin = {} } = fields;
  const named = [
    ...Object.entries({ ...exports, ...imports }).flatMap(([name, target]) => flatten(name, target)),
    ...Object.entries(bin).flatMap(([name, target]) => flatten(`bin ${name}`, target)),
  ];
  return Object.fromEntries(named.map(([name, path]) => [name, resolvePath(manifest, path)]));
}

/** Files by condition (`browser`, `default`), as a manifest may give them in place of one file. */
type Conditions = Readonly<Record<string, string>>;

/** The files of one entry: that for Node.js under the entry's own name, those for other places beside it. */
function flatten(name: string, target: string | Conditions): (readonly [string, string])[] {
  if (typeof target === 'string') return [[name, target]];
  return Object.entries(target).map(([condition, path]) => [
    condition === 'default' ? name : `${name} for ${condition}`,
    path,
  ]);
}

const noCycles: Rule = {
  name: 'no import cycle',
  check: (repository) => {
    const findings: Finding[] = [];
    const done = new Set<string>();
    const trail: string[] = [];
    const visit = (path: string): void => {
      const at = trail.indexOf(path);
      if (at >= 0) {
        const cycle = [...trail.slice(at), path].join(' → ');
        findings.push({ path, line: 1, mend: `move what both need into a file of its own: ${cycle}` });
      }
      const source = repository.source(path);
      if (at >= 0 || done.has(path) || !source) return;
      trail.push(path);
      for (const target of targetsOf(repository, source, ({ isImport }) => isImport)) visit(target);
      trail.pop();
      done.add(path);
    };
    for (const { path } of repository.sources) visit(path);
    return findings;
  },
};

const noDeadFiles: Rule = {
  name: 'no dead file',
  check: (repository) => {
    const waiting = repository.sources
      .map(({ path }) => path)
      .filter((path) => !/^packages\//.test(path) || isRoot(path));
    for (const path of repository.paths) {
      if (path.endsWith('/package.json')) waiting.push(...Object.values(exportsOf(repository, path)));
    }
    const alive = new Set<string>();
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const source = repository.source(path);
      if (alive.has(path) || !source) continue;
      alive.add(path);
      waiting.push(...targetsOf(repository, source, () => true));
    }
    return repository.sources
      .filter(({ path }) => !alive.has(path))
      .map(({ path }) => ({ path, line: 1, mend: 'nothing uses it: delete it' }));
  },
};

function isRoot(path: string): boolean {
  return path.endsWith('.test.ts') || path.endsWith('.d.ts');
}

/** Rules about who imports whom. */
export const importRules: readonly Rule[] = [ladderRule, seededRule, noOwnBarrel, noExportAll, noCycles, noDeadFiles];
