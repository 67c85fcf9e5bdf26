import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Input, openStreamInput } from './input.ts';

async function readText({ chunks }: Input): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

test('a stream is read whole, packed or not, in one piece or many, also where it has ended before', async () => {
  const text = 'line\n'.repeat(1000);
  for (const bytes of [Buffer.from(text), gzipSync(text)]) {
    for (const size of [1, 100, 100_000]) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
      const input = await openStreamInput(Readable.from(pieces, { objectMode: false }));
      assert.equal(await readText(input), text);
      assert.equal(input.bytesRead(), bytes.length);
    }
  }
  assert.equal(await readText(await openStreamInput(Readable.from([], { objectMode: false }))), '');
});

test('an abort ends the wait for a stream that says nothing', async () => {
  const interrupted = new AbortController();
  const opening = openStreamInput(new PassThrough(), interrupted.signal);
  interrupted.abort();
  assert.equal((await opening).bytesRead(), 0);
  assert.equal((await openStreamInput(new PassThrough(), interrupted.signal)).size, undefined);
});
