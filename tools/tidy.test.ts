import { describe, test } from 'node:test';
import { loadRepository } from './tidy/repository.ts';
import { rules } from './tidy/rules.ts';

const repository = loadRepository(new URL('..', import.meta.url).pathname);

describe('the house is tidy', () => {
  for (const { name, check } of rules) {
    test(name, () => {
      const findings = check(repository).map(({ path, line, mend }) => `${path}:${line} ${name}: ${mend}`);
      if (findings.length === 0) return;
      const error = new Error(findings.join('\n'));
      // Where the test stands says nothing: the findings do.
      error.stack = findings.join('\n');
      throw error;
    });
  }
});
