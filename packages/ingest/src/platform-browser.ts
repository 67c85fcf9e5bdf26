import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes as decodeHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { BackendName } from './verifier/backend.ts';

/** The back ends that a verifier may have here, fastest first. */
export const backendNames: readonly BackendName[] = ['wasm', 'noble'];

/** What would make that back end faster, in one sentence. */
export function hintToSpeedUp(_backend: BackendName): string {
  return 'Serve secp256k1.wasm of tiny-secp256k1 and name its address to verify about 5 times faster.';
}

/** Verifier workers where nothing else is asked for: what a page reads keeps one busy for moments only. */
export function defaultWorkers(): number {
  return 1;
}

/** The part of a browser's message port that is used here; this project is checked with the types of Node.js. */
interface Port {
  onmessage: (() => void) | null;
  postMessage(value: unknown): void;
  close(): void;
}

/** Runs the work in the next turn of the event loop; a timer would wait four milliseconds. */
export function runNextTurn(work: () => void): void {
  const { port1, port2 } = new MessageChannel() as unknown as Readonly<Record<'port1' | 'port2', Port>>;
  port1.onmessage = () => {
    port1.close();
    work();
  };
  port2.postMessage(0);
}

/** Milliseconds of a clock that only goes on, for slices of work and for measuring how fast a back end is. */
export function stopwatchMs(): number {
  const { performance: stopwatch } = globalThis;
  return stopwatch.now();
}

/** SHA-256 of a text in UTF-8, in lower-case hex. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** How many bytes a text takes in UTF-8. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Three bytes for most, two for the first letters beyond ASCII, four for the two units of a pair.
    bytes += unit < 0x800 || isPairHead(text, i) || isPairTail(text, i) ? 1 : 2;
  }
  return bytes;
}

function isPairHead(text: string, at: number): boolean {
  return isHead(text.charCodeAt(at)) && isTail(text.charCodeAt(at + 1));
}

function isPairTail(text: string, at: number): boolean {
  return isTail(text.charCodeAt(at)) && isHead(text.charCodeAt(at - 1));
}

function isHead(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

function isTail(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}

/** The bytes of a text of hex digits. */
export function hexToBytes(hex: string): Uint8Array {
  return decodeHex(hex);
}
