import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import { type LineBlock, readBlocks } from './lines.ts';

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(text: string, options: { size: number; lineBytesMax?: number; startOffset?: number }) {
  const { size, lineBytesMax = 1000, startOffset = 0 } = options;
  const blocks: LineBlock[] = [];
  for await (const block of readBlocks(inChunks(Buffer.from(text), size), { lineBytesMax, startOffset })) {
    blocks.push(block);
  }
  return blocks;
}

test('blocks put together are the input, whatever the chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 60 }),
      async (lines, size) => {
        const text = lines.join('\n').replace(/^\uFEFF/, '');
        const blocks = await collect(text, { size });
        assert.equal(blocks.map((block) => block.text).join(''), text);
        assert.equal(blocks.at(-1)?.endOffset ?? 0, Buffer.byteLength(text));
        for (const block of blocks.slice(0, -1)) assert.ok(block.text.endsWith('\n'));
      },
    ),
  );
});

test('reading can start again at the end of any block', async () => {
  const text = 'one\ntwo\nthree\n\nfive\nsix';
  const whole = await collect(text, { size: 5 });
  for (const [index, block] of whole.entries()) {
    const later = await collect(text, { size: 3, startOffset: block.endOffset });
    const expected = whole.slice(index + 1);
    assert.equal(later.map((part) => part.text).join(''), expected.map((part) => part.text).join(''));
    if (expected.length > 0) assert.equal(later.at(-1)?.endOffset, text.length);
  }
});

test('a line that is too long is stepped over and says so, in any place', async () => {
  const long = 'x'.repeat(50);
  for (const size of [1, 7, 49, 52, 60, 500]) {
    for (const text of [`a\n${long}\nb\n`, `${long}\na\nb\n`, `a\nb\n${long}`, `a\nb\n${long}\n`]) {
      const blocks = await collect(text, { size, lineBytesMax: 20 });
      const kept = blocks.map((block) => block.text).join('');
      if (size < 52) assert.equal(kept, 'a\nb\n', `size ${size}: ${JSON.stringify(text)}`);
      assert.equal(blocks.at(-1)?.endOffset, text.length);
      assert.equal(kept.includes('x'), !blocks.some((block) => block.isOverlong));
    }
  }
});

test('a byte order mark is left out, and only at the start', async () => {
  const blocks = await collect('\uFEFFa\n\uFEFFb\n', { size: 100 });
  assert.equal(blocks.map((block) => block.text).join(''), 'a\n\uFEFFb\n');
});
