/** The half of an id that rows keep, as hex: what two events of one hour have in common by nobody's design. */
export function toShortId(id: string): string {
  return id.slice(0, 32);
}

/** Hex digits as bytes. */
export function toBytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}

/** Bytes as hex digits. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
