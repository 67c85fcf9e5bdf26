import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Filter, matchFilter, serializeEvent } from '@nostrata/protocol';
import { fc } from '@nostrata/testing';
import { createAuthor } from '../conformance/fixtures.ts';
import type { Seq } from '../contract.ts';
import { compileTextCheck } from './text-check.ts';

const alice = createAuthor('alice');
/** Characters that could be taken for the structure of a text. */
const part = fc.string({
  unit: fc.constantFrom('e', 'p', '"', '\\', '[', ']', ',', '\u0000', '\ud800', '\u2028'),
  maxLength: 6,
});
const letter = fc.constantFrom('e', 'p');

test('the check on the text says what the check on the event says', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.oneof(letter, part), { maxLength: 4 }), { maxLength: 5 }),
      part,
      fc.dictionary(letter, fc.array(part, { minLength: 1, maxLength: 3 }), { noNullPrototype: true }),
      (tags, content, asked) => {
        const event = alice.note(10, { tags, content });
        const filter: Filter = { kinds: [1], authors: [alice.pubkey], tags: asked, since: 10, until: 10 };
        const row = { ...event, seq: 1 as Seq, expires_at: null, json: serializeEvent(event) };
        assert.equal(compileTextCheck(filter)?.(row), matchFilter(filter, event));
      },
    ),
    { numRuns: 3_000 },
  );
});
