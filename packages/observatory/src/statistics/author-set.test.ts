import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import {
  addAuthor,
  countAuthors,
  forEachAuthor,
  hasAuthor,
  removeAuthor,
  toAuthorSet,
  uniteAuthors,
} from './author-set.ts';

const ids = fc.array(fc.nat({ max: 300 }), { maxLength: 60 });

test('sets of authors unite, meet and count as sets do, whatever their lengths', () => {
  fc.assert(
    fc.property(ids, ids, fc.nat({ max: 300 }), (one, other, gone) => {
      const sets = [one, other].map((list) => toAuthorSet(list, Math.max(0, ...list.map((id) => id + 1))));
      const [a, b] = sets as [Uint32Array, Uint32Array];
      const united = uniteAuthors(sets);
      assert.equal(countAuthors(united), new Set([...one, ...other]).size);
      assert.equal(countAuthors(a, b), new Set(one.filter((id) => other.includes(id))).size);
      const seen: number[] = [];
      forEachAuthor(united, (id) => seen.push(id));
      assert.deepEqual(
        seen,
        [...new Set([...one, ...other])].sort((x, y) => x - y),
      );
      removeAuthor(united, gone);
      assert.equal(hasAuthor(united, gone), false);
      if (gone >>> 5 < united.length) {
        addAuthor(united, gone);
        assert.equal(hasAuthor(united, gone), true);
      }
    }),
  );
});
