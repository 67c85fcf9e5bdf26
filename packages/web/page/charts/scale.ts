/** Round values for the lines of an axis, from 0 to at least `max`. */
export function niceTicks(max: number, count = 4): readonly number[] {
  if (!(max > 0)) return [0, 1];
  const rough = max / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999) ?? power * 10;
  const ticks: number[] = [];
  for (let index = 0; ticks.length === 0 || (ticks.at(-1) ?? 0) < max * 0.9999; index++) ticks.push(index * step);
  return ticks;
}

/** Places of at most `most` labels among `count` buckets, evenly spread, counted from the newest. */
export function spreadLabels(count: number, most: number): readonly number[] {
  if (count === 0 || most <= 0) return [];
  const step = Math.max(1, Math.ceil(count / most));
  const places: number[] = [];
  for (let place = count - 1; place >= 0; place -= step) places.unshift(place);
  return places;
}

/** A path through points; null starts a new piece. */
export function linePath(points: readonly (readonly [number, number] | null)[]): string {
  let path = '';
  let isOpen = false;
  for (const point of points) {
    if (point) path += `${isOpen ? 'L' : 'M'}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    isOpen = point !== null;
  }
  return path;
}
