import type { LiveFigures } from '@nostrata/observatory';
import { useEffect, useState } from 'preact/hooks';
import { routes } from './routes.ts';
import { useSurroundings } from './surroundings.ts';

/** What came in the last minutes, second by second, and whether more is coming. */
export interface LiveCourse {
  readonly figures: readonly LiveFigures[];
  readonly state: 'connecting' | 'open' | 'lost';
}

/** Seconds that are kept. */
const secondsMax = 180;

/** Follows the server's figures while the part is shown; the browser connects again by itself. */
export function useLiveFigures(): LiveCourse {
  const { openStream } = useSurroundings();
  const [course, setCourse] = useState<LiveCourse>({ figures: [], state: 'connecting' });
  useEffect(() => {
    const stream = openStream(routes.live);
    const onFigures = ({ data }: MessageEvent<string>): void => {
      const figures = parseFigures(data);
      if (figures.length === 0) return;
      setCourse((old) => ({ state: 'open', figures: merge(old.figures, figures) }));
    };
    stream.addEventListener('message', onFigures);
    stream.addEventListener('figures', onFigures);
    stream.addEventListener('open', () => setCourse((old) => ({ ...old, state: 'open' })));
    stream.addEventListener('error', () => setCourse((old) => ({ ...old, state: 'lost' })));
    return () => stream.close();
  }, [openStream]);
  return course;
}

/** One value or a list of them; what is neither is left out. */
function parseFigures(text: string): readonly LiveFigures[] {
  try {
    const value: unknown = JSON.parse(text);
    return (Array.isArray(value) ? value : [value]).filter(isFigures);
  } catch {
    return []; // A line that was cut on its way; the next one comes in a second.
  }
}

function isFigures(value: unknown): value is LiveFigures {
  return typeof value === 'object' && value !== null && 'atMs' in value && 'kinds' in value && 'unique' in value;
}

/** In the order of time, each second once: after a new connection the server tells the last minutes again. */
function merge(old: readonly LiveFigures[], fresh: readonly LiveFigures[]): readonly LiveFigures[] {
  const last = old.at(-1)?.atMs ?? 0;
  return [...old, ...fresh.filter(({ atMs }) => atMs > last)].slice(-secondsMax);
}
