import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { buildWeb, type WebBuild } from './build.ts';

/** Scripts and styles of every visit, gzipped. */
const firstBytesMax = 150_000;

let folder = '';
let built: WebBuild | undefined;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nostrata-build-'));
  built = await buildWeb({ out: join(folder, 'dist') });
});
after(() => rm(folder, { recursive: true, force: true }));

function result(): WebBuild {
  assert.ok(built);
  return built;
}

test('what every visit loads first is smaller than 150 kB gzipped', async () => {
  const sizes = await Promise.all(
    result().first.map(async (file) => {
      const packed = result().files.includes(`${file}.gz`) ? `${file}.gz` : file;
      return (await stat(join(result().folder, packed))).size;
    }),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(total > 10_000 && total < firstBytesMax, `${total} bytes`);
});

test('every text has compressed copies that unpack to the same', async () => {
  const texts = result().files.filter((file) => /\.(js|css|html)$/.test(file));
  assert.ok(texts.length > 3);
  for (const text of texts) {
    const bytes = await readFile(join(result().folder, text));
    if (bytes.length < 512) continue;
    assert.deepEqual(gunzipSync(await readFile(join(result().folder, `${text}.gz`))), bytes);
    assert.deepEqual(brotliDecompressSync(await readFile(join(result().folder, `${text}.br`))), bytes);
  }
});

test('the document has no inline script or style and names only files of the build', async () => {
  const html = await readFile(join(result().folder, 'index.html'), 'utf8');
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
  const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
  const files = named.filter((path) => path.startsWith('/assets/'));
  assert.ok(files.length >= 5);
  for (const path of files) assert.ok(result().files.includes(path.slice(1)), path);
  for (const path of named) assert.ok(path.startsWith('/'), `${path} leaves the origin`);
});

test('a second build replaces the first and gives the same names', async () => {
  const again = await buildWeb({ out: join(folder, 'dist') });
  assert.deepEqual(again.files, result().files);
});

test('processes that build at the same time leave one whole build', async () => {
  const out = join(folder, 'shared');
  const builds = await Promise.all([buildWeb({ out }), buildWeb({ out }), buildWeb({ out })]);
  const left = await readdir(folder);
  assert.deepEqual(left.sort(), ['dist', 'shared']);
  for (const { files } of builds) assert.deepEqual(files, result().files);
});
