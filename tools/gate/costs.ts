import { readdirSync, readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { limits } from './limits.ts';

/** What suites take of the processors. */
export interface Costs extends Disposable {
  /** Seconds of processor time that the process of this file and all that it started took; undefined where not known. */
  of(path: string): number | undefined;
  /** The same of the gate with all that it started, which are more than suites; undefined where not known. */
  total(): number | undefined;
}

interface Entry {
  readonly parent: number;
  readonly seconds: number;
}

/** Watches the processes that this one starts, as Linux shows them; what ends between two looks is not seen whole. */
export function watchCosts(): Costs {
  const seen = new Map<string, number>();
  const look = (): void => {
    const entries = readEntries();
    for (const [pid, { parent }] of entries) {
      if (parent !== process.pid) continue;
      const path = readText(`/proc/${pid}/cmdline`)
        ?.split('\0')
        .findLast((word) => word.endsWith('.test.ts'));
      if (path !== undefined) seen.set(path, Math.max(seen.get(path) ?? 0, sumOf(entries, pid)));
    }
  };
  const timer = platform() === 'linux' ? setInterval(look, limits.costsMs).unref() : undefined;
  return {
    of: (path) => seen.get(path),
    total: () => (timer === undefined ? undefined : sumOf(readEntries(), process.pid)),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** A process and all below it. */
function sumOf(entries: ReadonlyMap<number, Entry>, pid: number): number {
  let sum = entries.get(pid)?.seconds ?? 0;
  for (const [child, { parent }] of entries) if (parent === pid) sum += sumOf(entries, child);
  return sum;
}

/** All processes with what they and their ended children took: see proc(5). */
function readEntries(): Map<number, Entry> {
  const entries = new Map<number, Entry>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = readText(`/proc/${name}/stat`)
      ?.replace(/^.*\) /s, '')
      .split(' ')
      .map(Number);
    if (!fields) continue;
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + field, 0);
    entries.set(Number(name), { parent: fields[1] ?? 0, seconds: ticks / 100 });
  }
  return entries;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has ended meanwhile.
    return undefined;
  }
}
