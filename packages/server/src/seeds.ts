import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createCountryFinder, type FindCountry, type Seed } from '@nostrata/observatory';

const list = new URL('../relays.tsv', import.meta.url);

/** The relays that the collector begins with: those given, else the list that comes with the program. */
export async function loadSeeds(urls: readonly string[]): Promise<readonly Seed[]> {
  if (urls.length > 0) return urls.map((url) => ({ url }));
  const lines = (await readFile(list, 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [url = '', latitude = '', longitude = ''] = line.split('\t');
    return latitude === '' ? { url } : { url, latitude: Number(latitude), longitude: Number(longitude) };
  });
}

/** Reads the map of countries that relays are placed on. */
export async function loadCountryFinder(): Promise<FindCountry> {
  const path = fileURLToPath(import.meta.resolve('world-atlas/countries-50m.json'));
  return createCountryFinder(JSON.parse(await readFile(path, 'utf8')));
}
