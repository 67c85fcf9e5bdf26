import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createEventFile } from '@nostrata/testing';
import type { BenchOptions } from './options.ts';

/** The files of a run, cut from one generated file: the import begins with the seed events, the others are disjoint. */
export interface DataSet {
  readonly description: string;
  readonly importFile: string;
  readonly importEvents: number;
  /** What is in the store while queries are measured. */
  readonly seedFile: string;
  readonly seedEvents: number;
  /** What is published while writing is measured. */
  readonly publishFile: string;
  readonly publishEvents: number;
}

/** Sizes of the three parts, events. */
const sizes = {
  quick: { import: 20_000, seed: 20_000, publish: 8_000 },
  full: { import: 200_000, seed: 100_000, publish: 60_000 },
  million: { import: 1_000_000, seed: 1_000_000, publish: 60_000 },
} as const;

/** Generates the events (once; the file stays in the system's temporary folder) and cuts it into the parts of this run. */
export async function openDataSet(options: BenchOptions, folder: string): Promise<DataSet> {
  const size = sizes[options.million ? 'million' : options.quick ? 'quick' : 'full'];
  const total = size.import + size.publish;
  console.error(`generating ${total.toLocaleString('en-US')} signed events, unless they are there already …`);
  const whole = await createEventFile({ seed: 1, events: total });
  const cut = async (name: string, from: number, to: number): Promise<string> => {
    const path = join(folder, `${name}.jsonl`);
    await pipeline(Readable.from(linesOf(whole, from, to)), createWriteStream(path));
    return path;
  };
  return {
    description: `${size.seed.toLocaleString('en-US')} events in the store, 5,000 Zipf authors, real signatures, 8 connections.`,
    importFile: await cut('import', 0, size.import),
    importEvents: size.import,
    seedFile: await cut('seed', 0, size.seed),
    seedEvents: size.seed,
    publishFile: await cut('publish', size.import, total),
    publishEvents: size.publish,
  };
}

async function* linesOf(path: string, from: number, to: number): AsyncGenerator<string> {
  let index = 0;
  let chunk = '';
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (index >= to) break;
    if (index >= from) chunk += `${line}\n`;
    index += 1;
    if (chunk.length < 1 << 20) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}
