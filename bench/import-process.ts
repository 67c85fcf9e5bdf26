import { spawn } from 'node:child_process';
import { openStore } from '@nostrata/store';
import type { Row } from './report.ts';
import { cpuSeconds, residentMegabytes } from './server-process.ts';

/** The last line of `nostrata import --json`. */
interface ImportSummary {
  readonly read: number;
  readonly stored: number;
  readonly invalid: number;
  readonly rejected: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly bytes?: number;
}

/** Imports a file in a process of its own; wall time and CPU are those of the whole process, start included. */
export async function runImport(program: string, storeUrl: string, file: string): Promise<Partial<Row>> {
  const startMs = performance.now();
  const child = spawn(process.execPath, [program, 'import', file, '--json', '--store', storeUrl], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let cpu = 0;
  let residentMb = 0;
  const sample = setInterval(() => {
    if (child.exitCode !== null || child.pid === undefined) return;
    cpu = cpuSeconds(child.pid);
    residentMb = Math.max(residentMb, residentMegabytes(child.pid).peak);
  }, 20);
  const output = await outputOf(child);
  clearInterval(sample);
  const seconds = (performance.now() - startMs) / 1000;
  const summary = JSON.parse(output.trim().split('\n').at(-1) ?? '') as ImportSummary;
  if (summary.invalid + summary.rejected > 0) throw new Error(`import refused events of the data set: ${output}`);
  const { bytes, events } = await sizeOf(storeUrl);
  return {
    bytesPerEvent: bytes / events,
    perSecond: summary.read / seconds,
    cpuMicroseconds: (cpu / summary.read) * 1e6,
    residentMb,
    note: `${summary.stored} stored`,
  };
}

/** Bytes on disk, write-ahead log included, and how many events they hold. */
async function sizeOf(storeUrl: string): Promise<{ readonly bytes: number; readonly events: number }> {
  await using store = await openStore(storeUrl, { now: Date.now });
  return await store.statistics();
}

function outputOf(child: ReturnType<typeof spawn>): Promise<string> {
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('close', (code) =>
      code === 0 ? resolve(output.join('')) : reject(new Error(`import ended with ${code}: ${errors.join('')}`)),
    );
  });
}
