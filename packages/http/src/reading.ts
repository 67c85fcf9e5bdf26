import type { Clock } from './contract.ts';
import { bodyMsMax } from './limits.ts';
import { Problem } from './problem.ts';
import { LateError, within } from './within.ts';

/** What decides how a body is read. */
export interface ReadingOptions {
  readonly bytesMax: number;
  readonly clock: Clock;
}

/** Creates the reader of one request's body: the bytes as they were sent, read once however often they are asked for. */
export function createReadBody(request: Request, options: ReadingOptions): () => Promise<Uint8Array> {
  let body: Promise<Uint8Array> | undefined;
  return () => {
    body ??= readBody(request, options);
    return body;
  };
}

async function readBody(request: Request, { bytesMax, clock }: ReadingOptions): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (!(declared <= bytesMax)) throw tooLarge(bytesMax);
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  const pieces: Uint8Array[] = [];
  try {
    await within(clock, bodyMsMax, gather(reader, pieces, bytesMax));
  } catch (error) {
    // The stream is left as it is, and goes with its connection: Node throws where a socket fills one that was cancelled.
    if (error instanceof Problem) throw error;
    if (error instanceof LateError) {
      throw closing(408, 'too-slow', `the body did not arrive within ${bodyMsMax / 1_000} seconds`);
    }
    throw new Problem(400, 'bad-body', { message: 'the body did not arrive whole', cause: error });
  }
  return concatenate(pieces);
}

async function gather(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  pieces: Uint8Array[],
  bytesMax: number,
): Promise<void> {
  let bytes = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    bytes += value.byteLength;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    pieces.push(value);
  }
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.byteLength;
  }
  return all;
}

function tooLarge(bytesMax: number): Problem {
  return closing(413, 'too-large', `the body may have ${bytesMax} bytes at most`);
}

/** The rest of the body is not read, so that the connection cannot carry another request. */
function closing(status: 408 | 413, code: string, message: string): Problem {
  return new Problem(status, code, { message, headers: { Connection: 'close' } });
}
