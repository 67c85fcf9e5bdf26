import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What a command talks to: its streams, and the wish of the user to end. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Output;
  /** For people: progress, hints, errors. */
  readonly notes: Output;
  /** Aborted by the first SIGINT or SIGTERM; the second ends the process at once. */
  readonly interrupted: AbortSignal;
}

/** Writes one line of output and waits while the reader does not keep up. */
export async function print(terminal: Terminal, text: string): Promise<void> {
  await write(terminal.output, `${text}\n`);
}

/** Writes one line for people. */
export function say(terminal: Terminal, text: string): void {
  terminal.notes.write(`${text}\n`);
}

/** Writes and, where the stream is full, waits until it takes more or is closed. */
export async function write(output: Writable, text: string | Uint8Array): Promise<void> {
  if (output.write(text) || output.destroyed) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      output.off('drain', done);
      output.off('close', done);
      resolve();
    };
    output.on('drain', done);
    output.on('close', done);
  });
}

/** Lines of two columns, the first padded: for facts that are read by people. */
export function formatFacts(facts: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

/** 12345678 as `12,345,678`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en');
}

/** Bytes with a unit of three digits: `1.21 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** Seconds as a person says them: `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
