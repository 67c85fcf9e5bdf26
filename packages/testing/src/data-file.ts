import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { type DataSetOptions, generateDrafts } from './data-set.ts';
import { createSigner } from './signer.ts';

/** One worker's part: it drafts everything up to `to` and signs and writes from `from`. */
interface Part {
  readonly options: DataSetOptions;
  readonly from: number;
  readonly to: number;
  readonly path: string;
}

/** The files of which the data set is made: when one of them changes, what lies on disk is out of date. */
const sources = ['data-file.ts', 'data-set.ts', 'data-kinds.ts', 'data-texts.ts', 'random.ts', 'keys.ts'];

/**
 * Writes the data set to a file, one event a line as canonical JSON, with one worker per core; returns its path. The
 * file lies in the temporary folder of the system and is made once for the same options.
 */
export async function createEventFile(options: DataSetOptions): Promise<string> {
  const hash = createHash('sha256').update(
    JSON.stringify([options.seed, options.events, options.authors, options.startSeconds]),
  );
  for (const source of sources) hash.update(readFileSync(join(import.meta.dirname, source)));
  const path = join(tmpdir(), `nostrata-events-${options.events}-${hash.digest('hex').slice(0, 16)}.jsonl`);
  if (existsSync(path)) return path;
  const workers = Math.max(1, Math.min(availableParallelism(), Math.ceil(options.events / 5_000)));
  const size = Math.ceil(options.events / workers);
  const parts = Array.from({ length: workers }, (_, index): Part => {
    const from = index * size;
    return { options, from, to: Math.min(options.events, from + size), path: `${path}.${process.pid}.${index}` };
  });
  try {
    await Promise.all(parts.map(runWorker));
    const [first, ...others] = parts;
    for (const { path: other } of others) {
      await pipeline(createReadStream(other), createWriteStream((first as Part).path, { flags: 'a' }));
    }
    renameSync((first as Part).path, path);
  } finally {
    for (const part of parts) rmSync(part.path, { force: true });
  }
  return path;
}

async function runWorker(part: Part): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { dataSetPart: part } });
  const [code] = (await once(worker, 'exit')) as [number];
  if (code !== 0) throw new Error(`a worker of the data set ended with code ${code}`);
}

async function writePart({ options, from, to, path }: Part): Promise<void> {
  const signer = createSigner();
  const output = createWriteStream(path);
  let index = 0;
  let chunk = '';
  for (const { event, digest, secret } of generateDrafts(options)) {
    if (index >= to) break;
    if (index++ < from) continue;
    const sig = Buffer.from(signer.sign(digest, secret)).toString('hex');
    const { pubkey, created_at, kind, tags, content } = event;
    const id = Buffer.from(digest).toString('hex');
    chunk += `${JSON.stringify({ id, pubkey, created_at, kind, tags, content, sig })}\n`;
    if (chunk.length < 1_000_000) continue;
    if (!output.write(chunk)) await once(output, 'drain');
    chunk = '';
  }
  output.end(chunk);
  await once(output, 'finish');
}

/** This file is its own worker. */
const task = isMainThread ? undefined : (workerData as { dataSetPart?: Part } | null)?.dataSetPart;
if (task) await writePart(task);
