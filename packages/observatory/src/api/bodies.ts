import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { bodiesMax, bodyBytesMax, compressedBytesMin, spellingsMax } from './limits.ts';

/** How a body is sent. */
export type Encoding = 'identity' | 'gzip' | 'br';

/** A body as it goes over the wire, with its strong tag. */
export interface Variant {
  readonly encoding: Encoding;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

/** A finished answer: serialised once, compressed once for each encoding that is asked for. */
export interface Body {
  readonly contentType: string;
  readonly text: string;
  /** Milliseconds since 1970 of the figures. */
  readonly asOfMs: number;
  /** What it was made of; a body of the same version need not be made again. */
  readonly version: string | undefined;
  /** The variant that is ready, or the promise of it. */
  variant(encoding: Encoding): Variant | Promise<Variant>;
}

const compressGzip = promisify(gzip);
const compressBrotli = promisify(brotliCompress);
// Quality 5 is as fast as gzip 6 and smaller by a seventh on these bodies.
const brotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
const suffixes: Readonly<Record<Encoding, string>> = { identity: '', gzip: '-gzip', br: '-br' };

/** Creates a body of a text. */
export function createBody({ text, contentType, asOfMs, version }: Omit<Body, 'variant'>): Body {
  const plain = Buffer.from(text);
  const tag = createHash('sha256').update(plain).digest('base64url').slice(0, 27);
  const variants = new Map<Encoding, Variant | Promise<Variant>>();
  const compress = async (encoding: Encoding): Promise<Variant> => {
    const bytes = encoding === 'br' ? await compressBrotli(plain, brotliOptions) : await compressGzip(plain);
    const variant = { encoding, bytes, etag: `"${tag}${suffixes[encoding]}"` };
    variants.set(encoding, variant);
    return variant;
  };
  variants.set('identity', { encoding: 'identity', bytes: plain, etag: `"${tag}"` });
  return {
    text,
    contentType,
    asOfMs,
    version,
    variant(wanted) {
      const encoding = plain.byteLength < compressedBytesMin ? 'identity' : wanted;
      const ready = variants.get(encoding) ?? compress(encoding);
      variants.set(encoding, ready);
      return ready;
    },
  };
}

/** The best encoding that a client takes (RFC 9110, 12.5.3). */
export function chooseEncoding(accept: string | undefined): Encoding {
  if (accept === undefined || accept === '') return 'identity';
  const weights = new Map<string, number>();
  for (const part of accept.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    weights.set(name, weight === undefined ? 1 : Number(weight) || 0);
  }
  const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0;
  const [br, gzipped] = [weightOf('br'), weightOf('gzip')];
  if (br > 0 && br >= gzipped) return 'br';
  return gzipped > 0 ? 'gzip' : 'identity';
}

/** A body in memory and until when it is fresh. */
export interface Kept {
  readonly body: Body;
  readonly freshUntilMs: number;
  readonly loadedAtMs: number;
}

/** The bodies of this process, the least lately used leave first; old ones stay as the last good copies. */
export interface Bodies {
  get(key: string): Kept | undefined;
  set(key: string, kept: Kept): void;
  /** The key that a spelling of a request leads to. */
  keyOf(spelling: string): string | undefined;
  learn(spelling: string, key: string): void;
  readonly bytes: number;
}

/** Creates an empty store of bodies. */
export function createBodies(): Bodies {
  const kept = new Map<string, Kept>();
  const keys = new Map<string, string>();
  let bytes = 0;
  // The compressed variants together come to less than the text.
  const sizeOf = ({ body }: Kept) => body.text.length * 2;
  const drop = (key: string) => {
    const old = kept.get(key);
    if (old === undefined) return;
    kept.delete(key);
    bytes -= sizeOf(old);
  };
  return {
    get(key) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      kept.delete(key);
      kept.set(key, found);
      return found;
    },
    set(key, entry) {
      drop(key);
      kept.set(key, entry);
      bytes += sizeOf(entry);
      for (const oldest of kept.keys()) {
        if (kept.size <= bodiesMax && bytes <= bodyBytesMax) break;
        drop(oldest);
      }
    },
    keyOf: (spelling) => keys.get(spelling),
    learn(spelling, key) {
      for (const oldest of keys.keys()) {
        if (keys.size < spellingsMax) break;
        keys.delete(oldest);
      }
      keys.set(spelling, key);
    },
    get bytes() {
      return bytes;
    },
  };
}
