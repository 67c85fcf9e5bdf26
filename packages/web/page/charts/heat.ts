/** The step of the heat scale, 0–5, of a value between the ends. */
export function heatStep(value: number, [least, most]: readonly [number, number]): number {
  if (!(most > least)) return value > 0 ? 3 : 0;
  return Math.max(0, Math.min(5, Math.round(((value - least) / (most - least)) * 5)));
}
