/**
 * A load of HTTP requests, in a process of its own: `load-process.ts OPTIONS`. Sockets are bare, one request is in
 * flight on each, so that the load costs little and does not measure itself.
 */
import { connect } from 'node:net';
import { percentile } from './table.ts';

/** What is asked for. */
export interface LoadOptions {
  readonly port: number;
  /** Paths in turn; `{1000}` becomes 1000 and what is counted up with each request. */
  readonly paths: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

/** What came of it. */
export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Answers that were not 200, by status. */
  readonly failures: Readonly<Record<string, number>>;
  readonly bytesEach: number;
}

/** Times are measured from the end of the first tenth. */
const warmShare = 0.1;

interface Tally {
  readonly times: number[];
  readonly failures: Record<string, number>;
  next: number;
  bytes: number;
}

/** Asks on so many connections for so long. */
async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const startMs = performance.now();
  const fromMs = startMs + options.seconds * 1_000 * warmShare;
  const endMs = startMs + options.seconds * 1_000;
  const tally: Tally = { times: [], failures: {}, next: 0, bytes: 0 };
  await Promise.all(Array.from({ length: options.connections }, () => ask(options, tally, { fromMs, endMs })));
  const { times, failures, bytes } = tally;
  return {
    requests: times.length,
    perSecond: (times.length * 1_000) / (endMs - fromMs),
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
    maxMs: percentile(times, 1),
    failures,
    bytesEach: bytes / Math.max(1, times.length),
  };
}

function ask(
  { port, paths }: LoadOptions,
  tally: Tally,
  { fromMs, endMs }: { readonly fromMs: number; readonly endMs: number },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let sentMs = 0;
  let rest: Buffer = Buffer.alloc(0);
  const send = (): void => {
    const number = tally.next++;
    const path = (paths[number % paths.length] ?? '/').replace(/\{(\d+)\}/, (_, base: string) =>
      String(Number(base) + number),
    );
    sentMs = performance.now();
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept-Encoding: gzip\r\n\r\n`);
  };
  socket.on('connect', send);
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('the connection was closed')));
  socket.on('data', (chunk) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const answer = readAnswer(rest);
    if (answer === undefined) return;
    rest = rest.subarray(answer.bytes);
    const nowMs = performance.now();
    if (answer.status !== '200') tally.failures[answer.status] = (tally.failures[answer.status] ?? 0) + 1;
    else if (sentMs >= fromMs) {
      tally.times.push(nowMs - sentMs);
      tally.bytes += answer.bytes;
    }
    if (nowMs < endMs) return send();
    resolve();
    socket.destroy();
  });
  return promise;
}

/** Status and length of an answer; undefined as long as it is not whole. */
export function readAnswer(bytes: Buffer): { readonly status: string; readonly bytes: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = bytes.toString('latin1', 0, headEnd);
  const status = head.slice(9, 12);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  const bodyAt = headEnd + 4;
  if (length !== undefined) {
    const whole = bodyAt + Number(length);
    return bytes.length < whole ? undefined : { status, bytes: whole };
  }
  // In pieces: the last one is empty.
  const end = bytes.indexOf('0\r\n\r\n', bodyAt);
  return end < 0 ? undefined : { status, bytes: end + 5 };
}

/** This file is its own process. */
if (process.argv[1] === import.meta.filename) {
  const result = await runLoad(JSON.parse(process.argv[2] ?? '') as LoadOptions);
  process.send?.(result);
}
