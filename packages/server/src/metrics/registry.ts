/** Label names and values of one sample. */
export type Labels = Readonly<Record<string, string | number>>;

/** Counts what happened; never falls. */
export interface Counter {
  add(labels?: Labels, amount?: number): void;
}

/** Counts observations in buckets, with their sum. */
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** The facts of the running program, as Prometheus reads them (text format 0.0.4). */
export interface Registry {
  counter(name: string, help: string): Counter;
  /** A value that is read when it is asked for. */
  gauge(name: string, help: string, read: () => number): void;
  /** Values that are read when they are asked for, one for each value of a label. */
  gauges(name: string, help: string, values: LabelledValues): void;
  histogram(name: string, help: string, bounds: readonly number[]): Histogram;
  /** The whole exposition. */
  render(): string;
}

/** Values of one label. */
export interface LabelledValues {
  readonly label: string;
  readonly read: () => ReadonlyMap<string, number>;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  lines(): string[];
}

/** Creates an empty registry. */
export function createRegistry(): Registry {
  const families: Family[] = [];
  return {
    counter: (name, help) => addCounter(families, name, help),
    gauge: (name, help, read) => {
      families.push({ name, help, type: 'gauge', lines: () => [`${name} ${formatNumber(read())}`] });
    },
    gauges: (name, help, { label, read }) => {
      const lines = (): string[] =>
        [...read()].map(
          ([value, amount]) => `${name}${wrap(formatLabels({ [label]: value }))} ${formatNumber(amount)}`,
        );
      families.push({ name, help, type: 'gauge', lines });
    },
    histogram: (name, help, bounds) => addHistogram(families, { name, help, bounds }),
    render: () => families.map(renderFamily).join(''),
  };
}

function renderFamily(family: Family): string {
  const { name, help, type } = family;
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...family.lines()];
  return `${lines.join('\n')}\n`;
}

function addCounter(families: Family[], name: string, help: string): Counter {
  const valueByLabels = new Map<string, number>();
  families.push({
    name,
    help,
    type: 'counter',
    // A counter that has not counted yet is shown as 0, so that its first step is a rise and not a new series.
    lines: () => {
      if (valueByLabels.size === 0) return [`${name} 0`];
      return [...valueByLabels].map(([labels, value]) => `${name}${wrap(labels)} ${formatNumber(value)}`);
    },
  });
  return {
    add(labels, amount = 1) {
      const key = labels ? formatLabels(labels) : '';
      valueByLabels.set(key, (valueByLabels.get(key) ?? 0) + amount);
    },
  };
}

interface Buckets {
  readonly counts: number[];
  sum: number;
  count: number;
}

function addHistogram(
  families: Family[],
  { name, help, bounds }: { readonly name: string; readonly help: string; readonly bounds: readonly number[] },
): Histogram {
  const bucketsByLabels = new Map<string, Buckets>();
  families.push({
    name,
    help,
    type: 'histogram',
    lines: () => [...bucketsByLabels].flatMap(([labels, buckets]) => renderBuckets(name, labels, bounds, buckets)),
  });
  return {
    observe(value, labels) {
      const key = labels ? formatLabels(labels) : '';
      let buckets = bucketsByLabels.get(key);
      if (!buckets) {
        buckets = { counts: bounds.map(() => 0), sum: 0, count: 0 };
        bucketsByLabels.set(key, buckets);
      }
      const index = bounds.findIndex((bound) => value <= bound);
      if (index >= 0) buckets.counts[index] = (buckets.counts[index] ?? 0) + 1;
      buckets.sum += value;
      buckets.count += 1;
    },
  };
}

function renderBuckets(...[name, labels, bounds, buckets]: [string, string, readonly number[], Buckets]): string[] {
  const separator = labels === '' ? '' : `${labels},`;
  let total = 0;
  const lines = bounds.map((bound, index) => {
    total += buckets.counts[index] ?? 0;
    return `${name}_bucket{${separator}le="${bound}"} ${total}`;
  });
  lines.push(`${name}_bucket{${separator}le="+Inf"} ${buckets.count}`);
  lines.push(
    `${name}_sum${wrap(labels)} ${formatNumber(buckets.sum)}`,
    `${name}_count${wrap(labels)} ${buckets.count}`,
  );
  return lines;
}

function wrap(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}

function formatLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(String(value))}"`)
    .join(',');
}

function escapeLabel(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

function formatNumber(value: number): string {
  return Number.isFinite(value) ? String(value) : 'NaN';
}
