import type { RelayRow } from '@nostrata/observatory';
import { geoEqualEarth, geoGraticule10, geoPath } from 'd3-geo';
import type { JSX } from 'preact';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import atlas from 'world-atlas/countries-110m.json';

/** Relays that are at one place. */
export interface RelayPlace {
  readonly latitude: number;
  readonly longitude: number;
  readonly relays: readonly RelayRow[];
}

const [width, height] = [960, 470];

/** The world with relays as circles whose area tells how many there are. It needs nothing of the network. */
export function WorldMap({ places, label }: { places: readonly RelayPlace[]; label: string }): JSX.Element {
  const topology = atlas as unknown as Topology<{ countries: GeometryCollection; land: GeometryCollection }>;
  const projection = geoEqualEarth().fitExtent(
    [
      [4, 4],
      [width - 4, height - 4],
    ],
    { type: 'Sphere' },
  );
  const path = geoPath(projection);
  const land = feature(topology, topology.objects.land);
  const borders = mesh(topology, topology.objects.countries, (a, b) => a !== b);
  return (
    <svg class="world" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <path class="sea" d={path({ type: 'Sphere' }) ?? ''} />
      <path class="graticule" d={path(geoGraticule10()) ?? ''} />
      <path class="land" d={path(land) ?? ''} />
      <path class="borders" d={path(borders) ?? ''} />
      {places.map(({ latitude, longitude, relays }) => {
        const point = projection([longitude, latitude]);
        const down = relays.filter(({ state }) => state !== 'online').length;
        return point === null ? null : (
          <circle
            key={`${latitude} ${longitude}`}
            class={down * 2 > relays.length ? 'outage' : 'online'}
            cx={point[0]}
            cy={point[1]}
            r={2.2 + Math.sqrt(relays.length) * 1.7}
          >
            <title>{titleOf(relays)}</title>
          </circle>
        );
      })}
    </svg>
  );
}

/** Names in a tooltip. */
const namesMax = 8;

function titleOf(relays: readonly RelayRow[]): string {
  const names = relays.slice(0, namesMax).map(({ url, state }) => `${url} (${state})`);
  const more = relays.length > namesMax ? [`and ${relays.length - namesMax} more`] : [];
  return [...names, ...more].join('\n');
}
