import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

/** Lets everything else that waits have its turn. */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}

/** Runs the work after so many milliseconds unless the returned function is called; keeps no process alive. */
export function startTimer(work: () => void, milliseconds: number): () => void {
  const timer = setTimeout(work, milliseconds);
  timer.unref();
  return () => clearTimeout(timer);
}

/** SHA-256 of a text in UTF-16 (little endian), which tells lone surrogates apart. */
export function sha256Utf16(text: string): Uint8Array {
  return hash('sha256', Buffer.from(text, 'utf16le'), 'buffer');
}

/** The bytes of a text of hex digits. */
export function bytes(hexText: string): Uint8Array {
  return Buffer.from(hexText, 'hex');
}

/** Writes bytes as lower-case hex. */
export function hex(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
}
