import { findExports } from './exports.ts';
import { type Finding, type Rule, resolvePath } from './repository.ts';

const docComments: Rule = {
  name: 'what a package exports has a doc comment',
  check: (repository) => {
    const findings: Finding[] = [];
    for (const path of repository.paths.filter((path) => /^packages\/[^/]+\/index\.ts$/.test(path))) {
      for (const { name, place } of findExports(repository, path)) {
        if (!place || place.documented) continue;
        findings.push({
          path: place.path,
          line: place.line,
          mend: `say in one sentence what \`${name}\` does (/** … */)`,
        });
      }
    }
    return findings;
  },
};

/** Words that name one machine or one service, not the project. */
const foreignWords: readonly { readonly pattern: RegExp; readonly mend: string }[] = [
  {
    pattern: /(?<![\w.~$/}-])\/(?:work|home|root|Users)\/[\w.-]/,
    mend: 'no paths of one machine: resolve from the file',
  },
  {
    pattern: /registry\.npmjs\.org|registry\.yarnpkg\.com|deb\.debian\.org|proxy\.golang\.org/,
    mend: 'no registry addresses',
  },
  { pattern: /"resolved": "https?:/, mend: 'install with the .npmrc of the project, which keeps addresses out' },
];

const noForeignWords: Rule = {
  name: 'no machine paths, no registry addresses',
  check: ({ paths, text }) => {
    const findings: Finding[] = [];
    for (const path of paths.filter((path) => !path.startsWith('tools/tidy/'))) {
      for (const [index, line] of text(path).split('\n').entries()) {
        const word = foreignWords.find(({ pattern }) => pattern.test(line));
        if (word) findings.push({ path, line: index + 1, mend: word.mend });
      }
    }
    return findings;
  },
};

/** Paths in a document: targets of links, and code spans that begin with a folder of the project. */
const pathPattern = /\]\((?!\w+:|#)([^)#\s]+)|`((?:packages|tools|docs|bench|[a-z]+\/(?:src|bin))\/[\w./-]+)`/g;

const livePaths: Rule = {
  name: 'paths in documents exist',
  check: ({ paths, text }) => {
    const findings: Finding[] = [];
    const exists = (path: string) => paths.some((known) => known === path || known.startsWith(`${path}/`));
    for (const path of paths.filter((path) => path.endsWith('.md'))) {
      for (const [index, line] of text(path).split('\n').entries()) {
        for (const [, link, span] of line.matchAll(pathPattern)) {
          const named = (link ?? span ?? '').replace(/\/$/, '');
          const places = link === undefined ? [named, `packages/${named}`] : [];
          const found = [...places, resolvePath(path, named)].some(exists);
          if (!found) findings.push({ path, line: index + 1, mend: `there is no ${named}` });
        }
      }
    }
    return findings;
  },
};

/** Rules about what is written for people. */
export const documentRules: readonly Rule[] = [docComments, noForeignWords, livePaths];
