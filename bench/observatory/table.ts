/** One figure, and what it was to be. */
export interface Figure {
  readonly part: string;
  readonly what: string;
  readonly value: string;
  readonly target?: string | undefined;
  /** Undefined where there is no target. */
  readonly isMet?: boolean | undefined;
}

/** The figures as aligned text, one line each. */
export function formatFigures(figures: readonly Figure[]): string {
  const header = ['part', 'figure', 'measured', 'target', ''];
  const body = figures.map(({ part, what, value, target = '', isMet }) => {
    return [part, what, value, target, isMet === undefined ? '' : isMet ? 'met' : 'missed'];
  });
  const widths = header.map((title, column) =>
    Math.max(title.length, ...body.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, column) => (column === 2 ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '─'.repeat(width))), ...body.map(line)].join('\n');
}

/** A number as people read it. */
export function decimals(value: number, digits = 0): string {
  if (Number.isNaN(value)) return '–';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The value below which that share of the values lies; NaN for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
