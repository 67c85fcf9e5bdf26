import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { readText, requireSharedData, skipWithout } from '@nostrata/testing';
import { createCountryFinder } from './countries.ts';

const require = createRequire(import.meta.url);

/** A dependency of the web application, and in the tree with it. */
const mapName = 'world-atlas/countries-50m.json';

function readMap(): unknown {
  try {
    return require(mapName);
  } catch {
    // Where only this room is installed there is none, and the test says so.
    return undefined;
  }
}

describe('the country of a place', () => {
  const map = readMap();
  const skip = map === undefined && 'the package world-atlas is not installed';

  test('is found inland, on the coast, and nowhere at sea', { skip }, () => {
    const find = createCountryFinder(map);
    const places: readonly (readonly [number, number, string | undefined])[] = [
      [52.52, 13.4, 'DE'],
      [46.95, 7.45, 'CH'],
      [37.77, -122.42, 'US'],
      [40.71, -74.0, 'US'],
      [35.68, 139.69, 'JP'],
      [-33.87, 151.2, 'AU'],
      [-29.6, 28.2, 'LS'],
      [1.35, 103.82, 'SG'],
      [48.85, 2.35, 'FR'],
      [60.17, 24.94, 'FI'],
      [65.7, -172, 'RU'],
      [42.6, 20.9, 'XK'],
      [0, -30, undefined],
      [91, 0, undefined],
      [Number.NaN, 0, undefined],
    ];
    for (const [latitude, longitude, country] of places) {
      assert.equal(find(latitude, longitude), country, `${latitude} ${longitude}`);
    }
  });

  test('is known for nearly every relay that has a place', {
    skip: skip || skipWithout('relays/relays.tsv.gz'),
  }, () => {
    const find = createCountryFinder(map);
    const rows = readText(requireSharedData('relays/relays.tsv.gz')).trimEnd().split('\n').slice(1);
    const places = rows
      .map((row) => row.split('\t'))
      .flatMap(([, , , , lat, lon]) => (lat ? [[Number(lat), Number(lon)]] : []));
    const found = places.filter(([latitude = 0, longitude = 0]) => find(latitude, longitude) !== undefined);
    assert.ok(places.length > 300);
    assert.ok(found.length >= places.length * 0.98, `${found.length} of ${places.length}`);
  });

  test('is not read from what is no map', () => {
    for (const map of [undefined, null, {}, { arcs: [] }, { arcs: [], objects: {} }]) {
      assert.throws(() => createCountryFinder(map), { name: 'InvalidError' });
    }
  });
});
