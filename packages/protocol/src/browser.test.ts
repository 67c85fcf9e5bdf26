import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

test('the room runs in a browser: it names nothing of Node.js and imports nothing but its three libraries', () => {
  const folder = import.meta.dirname;
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  assert.ok(files.length > 20);
  for (const name of files) {
    const code = readFileSync(join(folder, name), 'utf8');
    for (const [, module = ''] of code.matchAll(/from '([^']+)'/g)) {
      assert.match(
        module,
        /^(?:\.\/[a-z0-9-]+\.ts|@noble\/(?:ciphers|curves|hashes)\/[a-z0-9]+\.js)$/,
        `${name} imports ${module}`,
      );
    }
    assert.doesNotMatch(code, /\b(?:Buffer|process|require|setTimeout|Date|Math\.random)\b(?=[.(])/, name);
  }
});
