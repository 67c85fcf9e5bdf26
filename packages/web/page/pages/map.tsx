import type { Answer, RelayRow } from '@nostrata/observatory';
import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useAnswer, usePart } from '../api.ts';
import { ShareBars } from '../charts/share-bars.tsx';
import type { RelayPlace } from '../charts/world-map.tsx';
import { formatCount } from '../format.ts';
import { Page } from '../parts/page.tsx';
import { Plate } from '../parts/plate.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { rangeOf, useRouter, withRange } from '../router.ts';
import { routes } from '../routes.ts';

/** Where relays are, as far as it is known. */
export function WorldPage(): JSX.Element {
  const range = rangeOf(useRouter().query);
  const loaded = useAnswer(routes.relays(range));
  return (
    <Page
      title="Map"
      lead="Where relays are said to be. Behind a network of caches, that is where the cache is."
      ranged
    >
      <Answered
        loaded={loaded}
        plates={1}
        isEmpty={(relays) => relays.length === 0}
        empty={<Empty title="No relay is known yet" />}
      >
        {(answer) => <Figures answer={answer} />}
      </Answered>
    </Page>
  );
}

function Figures({ answer }: { answer: Answer<readonly RelayRow[]> }): JSX.Element {
  const alive = answer.data.filter(({ state }) => state !== 'dead');
  const places = placesOf(alive);
  const placed = places.reduce((sum, { relays }) => sum + relays.length, 0);
  const label = `World map: ${placed} relays at ${places.length} places. The countries below say the same in figures.`;
  return (
    <div class="plates">
      <Plate
        wide
        title="Relays in the world"
        lead={`${formatCount(placed)} relays with a known place; of ${formatCount(alive.length - placed)} it is not known. Hover over a circle for its relays.`}
        answer={answer}
        fields={['countries', 'topRelays', 'relays']}
        csv={routes.relays(rangeOf(useRouter().query))}
      >
        <LazyMap places={places} label={label} />
        <p class="legend">
          <span class="legend-entry">
            <i class="swatch up" />
            most are online
          </span>
          <span class="legend-entry">
            <i class="swatch shaky" />
            most are not
          </span>
        </p>
      </Plate>
      <div class="plates three wide">
        <Shares title="Countries" field="countries" param="country" csv={routes.countries()} />
        <Shares title="Software" field="software" param="software" csv={routes.software()} />
        <Shares title="NIPs they say they speak" field="nips" param="nip" csv={routes.nips()} />
      </div>
    </div>
  );
}

/** Relays gathered by place, to half a degree; those in most company first, so that small circles lie on top. */
function placesOf(relays: readonly RelayRow[]): readonly RelayPlace[] {
  const byPlace = new Map<string, RelayRow[]>();
  for (const relay of relays) {
    if (relay.latitude === null || relay.longitude === null) continue;
    const key = `${Math.round(relay.latitude * 2) / 2} ${Math.round(relay.longitude * 2) / 2}`;
    const there = byPlace.get(key);
    if (there) there.push(relay);
    else byPlace.set(key, [relay]);
  }
  return [...byPlace]
    .map(([key, found]) => {
      const [latitude = 0, longitude = 0] = key.split(' ').map(Number);
      return { latitude, longitude, relays: found };
    })
    .sort((a, b) => b.relays.length - a.relays.length);
}

type MapComponent = ComponentType<{ places: readonly RelayPlace[]; label: string }>;

function LazyMap(props: { places: readonly RelayPlace[]; label: string }): JSX.Element {
  const [loaded, setLoaded] = useState<{ Map?: MapComponent; failed?: boolean }>({});
  useEffect(() => {
    const load = async (): Promise<void> => {
      try {
        const { WorldMap } = await import('../charts/world-map.tsx');
        setLoaded({ Map: WorldMap });
      } catch {
        setLoaded({ failed: true });
      }
    };
    void load();
  }, []);
  if (loaded.failed)
    return <Empty title="The map could not be loaded">The countries below say the same in figures.</Empty>;
  const { Map: Found } = loaded;
  return <div class="world-box">{Found ? <Found {...props} /> : <div class="skeleton-plate" />}</div>;
}

function Shares(props: {
  title: string;
  field: 'countries' | 'software' | 'nips';
  param: string;
  csv: ReturnType<typeof routes.software>;
}): JSX.Element {
  const range = rangeOf(useRouter().query);
  const loaded = usePart(range, (snapshot) => snapshot[props.field]);
  return (
    <Answered loaded={loaded} plates={1} quiet>
      {(answer) => (
        <Plate title={props.title} answer={answer} fields={[props.field, 'software', 'relays']} csv={props.csv}>
          {answer.data.length === 0 ? (
            <Empty title="Not known yet" />
          ) : (
            <ShareBars
              caption={props.title}
              heads={['Name', 'Relays', 'Share of relays']}
              tone={5}
              rows={answer.data.slice(0, 20).map(({ key, name, relays, share }) => ({
                key,
                name,
                share,
                figure: formatCount(relays),
                href: `${withRange('/relays', range)}${range === '30d' ? '?' : '&'}${props.param}=${encodeURIComponent(key)}`,
              }))}
            />
          )}
        </Plate>
      )}
    </Answered>
  );
}
