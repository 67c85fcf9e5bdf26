const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;

/** Groups of five bits in Bech32 (BIP 173), with the checksum that belongs to the prefix. */
export function encodeBech32Words(prefix: string, words: readonly number[]): string {
  const letters = [...prefix].map((letter) => letter.charCodeAt(0));
  const checked = [...letters.map((code) => code >> 5), 0, ...letters.map((code) => code & 31), ...words];
  const sum = checksum([...checked, 0, 0, 0, 0, 0, 0]) ^ 1;
  const end = Array.from({ length: 6 }, (_, index) => (sum >>> (5 * (5 - index))) & 31);
  return `${prefix}1${[...words, ...end].map((word) => alphabet[word]).join('')}`;
}

function checksum(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, part] of generator.entries()) if ((top >> bit) & 1) sum ^= part;
  }
  return sum >>> 0;
}
