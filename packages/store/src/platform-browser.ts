import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

/** The part of a browser's message port that is used here; this project is checked with the types of Node.js. */
interface Port {
  onmessage: (() => void) | null;
  postMessage(value: unknown): void;
  close(): void;
}

/** Lets everything else that waits have its turn; timers would wait four milliseconds. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel() as unknown as Readonly<Record<'port1' | 'port2', Port>>;
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

/** Runs the work after so many milliseconds unless the returned function is called. */
export function startTimer(work: () => void, milliseconds: number): () => void {
  const timer = setTimeout(work, milliseconds);
  return () => clearTimeout(timer);
}

/** SHA-256 of a text in UTF-16 (little endian), which tells lone surrogates apart. */
export function sha256Utf16(text: string): Uint8Array {
  const units = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    units[i * 2] = unit & 0xff;
    units[i * 2 + 1] = unit >>> 8;
  }
  return sha256(units);
}

/** The bytes of a text of hex digits. */
export function bytes(hexText: string): Uint8Array {
  return hexToBytes(hexText);
}

/** Writes bytes as lower-case hex. */
export function hex(value: Uint8Array): string {
  return bytesToHex(value);
}
