import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import { InvalidError } from './errors.ts';
import { decodeGeohash, encodeGeohash, getGeohashNeighbors } from './geohash.ts';

const place = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});
const precision = fc.integer({ min: 1, max: 12 });

test('known places have their known geohashes', () => {
  const known: [number, number, string][] = [
    [57.64911, 10.40744, 'u4pruydqqvj8'],
    [42.6, -5.6, 'ezs42e44yx96'],
    [48.8584, 2.2945, 'u09tunqu6k4d'.slice(0, 6)],
    [-25.382708, -49.265506, '6gkzwgjzn820'],
    [0, 0, 's00000000000'],
    [90, 180, 'zzzzzzzzzzzz'],
    [-90, -180, '000000000000'],
  ];
  for (const [latitude, longitude, geohash] of known) {
    assert.equal(encodeGeohash({ latitude, longitude }, geohash.length), geohash);
  }
});

const roundingDegrees = 1e-12;

test('a border is not missed by a rounding error', () => {
  const at = { latitude: -6.705524150840053e-16, longitude: 0 };
  const cell = decodeGeohash(encodeGeohash(at, 11));
  assert.ok(Math.abs(at.latitude - cell.latitude) <= cell.latitudeError + roundingDegrees);
});

test('a place lies in its cell, a longer geohash in the shorter one, and the middle of a cell is in the cell', () => {
  fc.assert(
    fc.property(place, precision, (at, length) => {
      const geohash = encodeGeohash(at, length);
      const cell = decodeGeohash(geohash);
      // A place a rounding error before a border counts as behind it: doubles near 180 are 3e-14 degrees apart.
      assert.ok(Math.abs(at.latitude - cell.latitude) <= cell.latitudeError + roundingDegrees);
      assert.ok(Math.abs(at.longitude - cell.longitude) <= cell.longitudeError + roundingDegrees);
      assert.equal(encodeGeohash(cell, length), geohash);
      assert.ok(encodeGeohash(at, 12).startsWith(geohash));
    }),
  );
});

test('neighbours touch the cell, know it as theirs, and are eight but at the poles', () => {
  fc.assert(
    fc.property(place, fc.integer({ min: 2, max: 12 }), (at, length) => {
      const geohash = encodeGeohash(at, length);
      const cell = decodeGeohash(geohash);
      const neighbors = getGeohashNeighbors(geohash);
      const isAtPole = Math.abs(cell.latitude) + cell.latitudeError * 1.5 > 90;
      assert.equal(neighbors.length, isAtPole ? 5 : 8);
      for (const neighbor of neighbors) {
        assert.ok(getGeohashNeighbors(neighbor).includes(geohash));
        const other = decodeGeohash(neighbor);
        assert.ok(Math.abs(other.latitude - cell.latitude) < cell.latitudeError * 2.01);
        const apart = Math.abs(other.longitude - cell.longitude);
        assert.ok(Math.min(apart, 360 - apart) < cell.longitudeError * 2.01);
      }
    }),
  );
  assert.deepEqual(getGeohashNeighbors('ezs42'), [
    'ezs48',
    'ezs49',
    'ezs43',
    'ezs41',
    'ezs40',
    'ezefp',
    'ezefr',
    'ezefx',
  ]);
});

test('what is no geohash or no place is refused', () => {
  for (const text of ['', 'a', 'U4', 'u4!', 'u'.repeat(13)]) {
    assert.throws(() => decodeGeohash(text), InvalidError, text);
    assert.throws(() => getGeohashNeighbors(text), InvalidError, text);
  }
  for (const at of [
    { latitude: 91, longitude: 0 },
    { latitude: 0, longitude: -181 },
    { latitude: Number.NaN, longitude: 0 },
  ]) {
    assert.throws(() => encodeGeohash(at, 5), InvalidError);
  }
  for (const length of [0, 13, 1.5])
    assert.throws(() => encodeGeohash({ latitude: 0, longitude: 0 }, length), InvalidError);
});
