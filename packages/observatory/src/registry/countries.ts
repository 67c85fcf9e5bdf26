import { InvalidError } from '@nostrata/protocol';

/** The country at a place in degrees, as ISO 3166-1 alpha-2; undefined at sea and where nobody agrees. */
export type FindCountry = (latitude: number, longitude: number) => string | undefined;

/** A line of points, longitude first, the last one the same as the first. */
type Ring = readonly (readonly [longitude: number, latitude: number])[];

interface Area {
  readonly country: string;
  readonly rings: readonly Ring[];
  readonly west: number;
  readonly east: number;
  readonly south: number;
  readonly north: number;
}

/** A map in TopoJSON, as the package `world-atlas` has it: countries by their number in ISO 3166-1. */
interface Topology {
  readonly arcs: readonly (readonly (readonly [number, number])[])[];
  readonly transform: { readonly scale: readonly [number, number]; readonly translate: readonly [number, number] };
  readonly objects: { readonly countries: { readonly geometries: readonly Geometry[] } };
}

interface Geometry {
  readonly type: string;
  readonly id?: string | undefined;
  readonly properties?: { readonly name?: string | undefined } | undefined;
  readonly arcs?: unknown;
}

/** Ports stand where a coarse map has water: the nearest coast within about 50 km is meant. */
const coastDegrees = 0.5;

/**
 * Reads a map of the world and finds countries on it, without the network.
 * @param map the TopoJSON of `world-atlas/countries-50m.json`, parsed; the coarser one has no Singapore
 * @throws InvalidError where it is no such map
 */
export function createCountryFinder(map: unknown): FindCountry {
  const areas = readAreas(map);
  return (latitude, longitude) => {
    if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return undefined;
    const near = areas.filter(
      ({ west, east, south, north }) =>
        longitude >= west - coastDegrees &&
        longitude <= east + coastDegrees &&
        latitude >= south - coastDegrees &&
        latitude <= north + coastDegrees,
    );
    const inside = near.find(({ rings }) => isInside(rings, latitude, longitude));
    return (inside ?? findNearest(near, latitude, longitude))?.country;
  };
}

function readAreas(map: unknown): Area[] {
  const topology = map as Topology;
  if (!Array.isArray(topology?.arcs) || !Array.isArray(topology.objects?.countries?.geometries)) {
    throw new InvalidError('the map is no TopoJSON with countries');
  }
  const lines = topology.arcs.map((arc) => unfold(arc, topology.transform));
  return topology.objects.countries.geometries.flatMap((geometry) => {
    const country = toCountry(geometry);
    if (country === undefined) return [];
    const polygons = geometry.type === 'Polygon' ? [geometry.arcs as number[][]] : (geometry.arcs as number[][][]);
    return polygons.map((polygon) =>
      toArea(
        country,
        polygon.map((arcs) => joinArcs(arcs, lines)),
      ),
    );
  });
}

/** Countries that are drawn and have no number of their own. */
const countryByName: Readonly<Record<string, string>> = { Kosovo: 'XK', 'N. Cyprus': 'CY', Somaliland: 'SO' };

/** The platform knows what numbers of countries mean: it writes locales with letters. */
function toCountry({ id, properties }: Geometry): string | undefined {
  if (id === undefined) return countryByName[properties?.name ?? ''];
  if (!/^[0-9]{3}$/.test(id)) return undefined;
  const region = new Intl.Locale(`und-${id}`).region;
  return region !== undefined && /^[A-Z]{2}$/.test(region) ? region : undefined;
}

/** Arcs are written as whole steps from point to point. */
function unfold(arc: Topology['arcs'][number], { scale, translate }: Topology['transform']): Ring {
  let [x, y] = [0, 0];
  return arc.map(([right, up]) => {
    x += right;
    y += up;
    return [x * scale[0] + translate[0], y * scale[1] + translate[1]] as const;
  });
}

/** A negative number is the arc of its complement, taken backwards; arcs that follow share a point. */
function joinArcs(arcs: readonly number[], lines: readonly Ring[]): Ring {
  const points = arcs.map((arc) => (arc >= 0 ? (lines[arc] ?? []) : (lines[~arc] ?? []).toReversed()));
  return points.flatMap((line, at) => (at === 0 ? line : line.slice(1)));
}

function toArea(country: string, rings: readonly Ring[]): Area {
  const longitudes = rings.flatMap((ring) => ring.map(([longitude]) => longitude));
  const latitudes = rings.flatMap((ring) => ring.map(([, latitude]) => latitude));
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)];
  return { country, rings, west, east, south: Math.min(...latitudes), north: Math.max(...latitudes) };
}

/** Whether a line to the east crosses the borders an odd number of times; holes are borders too. */
function isInside(rings: readonly Ring[], latitude: number, longitude: number): boolean {
  let isIn = false;
  for (const ring of rings) {
    for (let at = 1; at < ring.length; at++) {
      const [x1, y1] = ring[at - 1] ?? [0, 0];
      const [x2, y2] = ring[at] ?? [0, 0];
      const isBetween = y1 > latitude !== y2 > latitude;
      if (isBetween && longitude < x1 + ((latitude - y1) / (y2 - y1)) * (x2 - x1)) isIn = !isIn;
    }
  }
  return isIn;
}

function findNearest(areas: readonly Area[], latitude: number, longitude: number): Area | undefined {
  // A degree of longitude is shorter the nearer the pole.
  const squeeze = Math.cos((latitude * Math.PI) / 180);
  let nearest: Area | undefined;
  let least = coastDegrees ** 2;
  for (const area of areas) {
    for (const ring of area.rings) {
      for (let at = 1; at < ring.length; at++) {
        const distance = toSegment(ring[at - 1] ?? [0, 0], ring[at] ?? [0, 0], { latitude, longitude, squeeze });
        if (distance >= least) continue;
        least = distance;
        nearest = area;
      }
    }
  }
  return nearest;
}

/** The square of the distance of a place to a piece of a border. */
function toSegment(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  { latitude, longitude, squeeze }: { readonly latitude: number; readonly longitude: number; readonly squeeze: number },
): number {
  const [dx, dy] = [(x2 - x1) * squeeze, y2 - y1];
  const [px, py] = [(longitude - x1) * squeeze, latitude - y1];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / length));
  return (px - along * dx) ** 2 + (py - along * dy) ** 2;
}
