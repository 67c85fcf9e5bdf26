/** Says whether an IP address (v4 or v6, as text, without brackets) is one of the public Internet. */
export function isPublicAddress(address: string): boolean {
  const bytes = parseAddress(address);
  return bytes !== null && !isSpecial(bytes);
}

/** IPv4 blocks that are not of the public Internet (RFC 6890, 6598, 5771 and the registry of special addresses). */
const blocksV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
] as const;

function isSpecial(bytes: readonly number[]): boolean {
  const embedded = getEmbeddedV4(bytes);
  if (embedded !== undefined) return isSpecialV4(embedded);
  // Only 2000::/3 is given out; everything else is local, link-local, unique-local, multicast or reserved.
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  if (a >> 5 !== 1) return true;
  // 2001::/23 holds protocols and tunnels (Teredo hides any IPv4 address), 2001:db8::/32 and 3fff::/20 are for books.
  if (a === 0x20 && b === 0x01 && (c >> 1 === 0 || (c === 0x0d && d === 0xb8))) return true;
  return a === 0x3f && b === 0xff && c >> 4 === 0;
}

function isSpecialV4(bytes: readonly number[]): boolean {
  const number = toNumber(bytes);
  return blocksV4.some((block) => {
    const [base = '', bits = '0'] = block.split('/');
    const size = 2 ** (32 - Number(bits));
    return Math.floor(number / size) === Math.floor(toNumber(base.split('.').map(Number)) / size);
  });
}

function toNumber(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** The IPv4 address inside an IPv6 one: mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96) or 6to4 (2002::/16). */
function getEmbeddedV4(bytes: readonly number[]): readonly number[] | undefined {
  if (bytes.length === 4) return bytes;
  const isZero = (from: number, to: number): boolean => bytes.slice(from, to).every((byte) => byte === 0);
  if (isZero(0, 10) && bytes[10] === 0xff && bytes[11] === 0xff) return bytes.slice(12);
  const isNat64 = bytes[0] === 0 && bytes[1] === 0x64 && bytes[2] === 0xff && bytes[3] === 0x9b && isZero(4, 12);
  if (isNat64) return bytes.slice(12);
  return bytes[0] === 0x20 && bytes[1] === 0x02 ? bytes.slice(2, 6) : undefined;
}

/** 4 or 16 bytes, or null where it is no address. */
function parseAddress(text: string): readonly number[] | null {
  const address = text.replace(/%.*$/, '');
  return address.includes(':') ? parseV6(address) : parseV4(address);
}

function parseV4(text: string): number[] | null {
  if (!/^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/.test(text)) return null;
  const bytes = text.split('.').map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : null;
}

function parseV6(text: string): number[] | null {
  const tail = /:([0-9.]+\.[0-9.]+)$/.exec(text)?.[1];
  const v4 = tail === undefined ? [] : parseV4(tail);
  if (v4 === null) return null;
  const groups = tail === undefined ? text : text.slice(0, -tail.length).replace(/([^:]):$/, '$1');
  const [head, rest, ...more] = groups.split('::');
  const left = parseGroups(head ?? '');
  const right = rest === undefined ? [] : parseGroups(rest);
  if (left === null || right === null || more.length > 0) return null;
  const missing = 16 - left.length - right.length - v4.length;
  if (rest === undefined ? missing !== 0 : missing < 0) return null;
  return [...left, ...new Array<number>(missing).fill(0), ...right, ...v4];
}

function parseGroups(text: string): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  for (const group of text.split(':')) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return null;
    const value = Number.parseInt(group, 16);
    bytes.push(value >> 8, value & 255);
  }
  return bytes;
}
