import { encodeGeohash, type VerifiedEvent } from '@nostrata/protocol';
import {
  createKeys,
  createTestNetwork,
  type RelayFaults,
  type SeededRandom,
  seededRandom,
  signEvent,
  type TestNetwork,
} from '@nostrata/testing';
import { createPeople } from './people.ts';
import { createPopulation, type Publication } from './population.ts';

/** How large the demonstration is. */
export interface WorldOptions {
  readonly relays: number;
  readonly people: number;
  /** Events of the past, and the days that they are spread over. */
  readonly pastEvents: number;
  readonly pastDays: number;
  readonly eventsPerSecond: number;
}

/** A network that nobody but this machine knows, and who lives in it. */
export interface World extends AsyncDisposable {
  readonly urls: readonly string[];
  /** Somebody publishes something, as often as the options say; until the world ends. */
  live(): void;
}

/** Places of relays: made-up relays in real cities. */
const cities = [
  ['Helsinki', 'FI', 60.17, 24.94],
  ['Frankfurt', 'DE', 50.11, 8.68],
  ['Ashburn', 'US', 39.04, -77.49],
  ['Singapore', 'SG', 1.35, 103.82],
  ['São Paulo', 'BR', -23.55, -46.63],
  ['Tokyo', 'JP', 35.68, 139.69],
  ['Amsterdam', 'NL', 52.37, 4.9],
  ['Montréal', 'CA', 45.5, -73.57],
  ['Sydney', 'AU', -33.87, 151.21],
  ['Nairobi', 'KE', -1.29, 36.82],
  ['Paris', 'FR', 48.86, 2.35],
  ['Mumbai', 'IN', 19.08, 72.88],
  ['San Francisco', 'US', 37.77, -122.42],
  ['Buenos Aires', 'AR', -34.6, -58.38],
] as const;

const software = ['strata-relay', 'pebble', 'pebble', 'quarry', 'cairn', 'quarry', 'pebble'] as const;

/** Starts the relays on loopback and fills them with a past. */
export async function createWorld(options: WorldOptions): Promise<World> {
  const random = seededRandom('demonstration');
  const network = await createTestNetwork({ seed: 'demonstration', relays: options.relays });
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const fromSeconds = nowSeconds - options.pastDays * 86_400;
  const { relays, urls } = network;
  for (const [place] of relays.entries()) network.relay(place).set(createFaults(random, place));
  for (const event of describePlaces(urls, nowSeconds)) for (const place of [0, 1, 2]) relays[place]?.put(event);
  const peopleOptions = { count: options.people, relays: options.relays, fromSeconds, toSeconds: nowSeconds };
  const publish = createPopulation(random, createPeople(random, peopleOptions), urls);
  for (const atSeconds of createTimes(random, options, nowSeconds)) {
    for (const publication of publish(atSeconds)) deliver(network, publication, 'put');
  }
  let timer: NodeJS.Timeout | undefined;
  return {
    urls,
    live() {
      timer ??= setInterval(() => {
        for (const publication of publish(Math.floor(Date.now() / 1_000))) deliver(network, publication, 'announce');
      }, 1_000 / options.eventsPerSecond);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await network.stop();
    },
  };
}

function deliver(network: TestNetwork, { event, homes }: Publication, way: 'put' | 'announce'): void {
  for (const home of new Set(homes)) network.relays[home]?.[way](event);
}

/** Times of the past in rising order: nights are quiet, weekends a little, and every week has more than the last. */
function createTimes(random: SeededRandom, { pastEvents, pastDays }: WorldOptions, nowSeconds: number): number[] {
  const times: number[] = [];
  while (times.length < pastEvents) {
    const atSeconds = Math.floor(nowSeconds - (1 - random.next() ** 0.7) * pastDays * 86_400);
    const hour = (atSeconds / 3_600) % 24;
    const weekday = Math.floor(atSeconds / 86_400 + 3) % 7;
    const mood = 0.55 + 0.45 * Math.sin(((hour - 9) / 24) * 2 * Math.PI) - (weekday > 4 ? 0.15 : 0);
    if (random.next() < mood) times.push(atSeconds);
  }
  return times.sort((a, b) => a - b);
}

/** Most relays are well; some are slow, far away, forgetful, forging, or gone. */
function createFaults(random: SeededRandom, place: number): Partial<RelayFaults> {
  const chance = place < 3 ? 0 : random.next();
  const far = 5 + random.integer(180);
  const information = {
    name: `Demonstration relay ${place}`,
    description: 'This relay is made up: it lives in the demonstration on this machine.',
    software: software[place % software.length] ?? 'pebble',
    version: `${1 + (place % 3)}.${place % 7}.0`,
    supported_nips: [1, 9, 11, ...(place % 2 ? [40, 42] : []), ...(place % 3 ? [45, 50] : []), 65],
    limitation: { payment_required: place % 23 === 7 },
  };
  const shared = {
    latencyMs: [far, far + 20] as const,
    information,
    negentropy: place % 5 === 0 ? 'on' : 'off',
  } as const;
  if (chance > 0.97) return { ...shared, refuseStatus: 503 };
  if (chance > 0.95) return { ...shared, silent: true };
  if (chance > 0.93) return { ...shared, latencyMs: [900, 1_800] };
  if (chance > 0.91) return { ...shared, forge: { share: 0.05, part: 'sig' } };
  if (chance > 0.89) return { ...shared, closeAtOnce: true };
  return shared;
}

/** A monitor says where relays are (NIP-66), as the addresses of this machine do not. */
function describePlaces(urls: readonly string[], nowSeconds: number): VerifiedEvent[] {
  const { pubkey, secret } = createKeys('demonstration monitor');
  return urls.map((url, place) => {
    const [, country, latitude, longitude] = cities[place % cities.length] ?? cities[0];
    const spread = { latitude: latitude + (place % 7) * 0.7 - 2, longitude: longitude + (place % 5) * 0.9 - 2 };
    const tags = [
      ['d', url],
      ['n', 'clearnet'],
      ['g', encodeGeohash(spread, 7)],
      ['l', country, 'countryCode'],
    ];
    return signEvent({ pubkey, created_at: nowSeconds, kind: 30_166, tags, content: '' }, secret);
  });
}
