import { BlockList, isIP } from 'node:net';
import { Problem } from '@nostrata/http';

/** IPv6 callers are known by their network of 64 bits, so nothing narrower can be told apart. */
const ipv6BitsMax = 64;

/**
 * Reads addresses and networks as people write them, each of them once: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/56`.
 * @throws Problem 400 for what is none, and for IPv6 narrower than /64
 */
export function parseAddresses(texts: readonly string[]): string[] {
  return [...new Set(texts.map((text) => parseAddress(text.trim().toLowerCase())))];
}

/**
 * Says whether a key that is bound to these addresses may be used from there; one that is bound to none may always.
 * @param address IPv4, or an IPv6 network of 64 bits: `2001:db8:0:1::/64`
 */
export function isAddressAllowed(allowed: readonly string[], address: string): boolean {
  if (allowed.length === 0) return true;
  const plain = toIpv4(address.split('/', 1)[0] ?? '');
  const family = isIP(plain);
  if (family === 0) return false;
  const list = new BlockList();
  for (const text of allowed) {
    const [network = '', bits] = text.split('/');
    const isIpv6 = isIP(network) === 6;
    list.addSubnet(network, bits === undefined ? (isIpv6 ? 128 : 32) : Number(bits), isIpv6 ? 'ipv6' : 'ipv4');
  }
  return list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}

function parseAddress(text: string): string {
  const [given = '', bits, ...more] = text.split('/');
  const address = toIpv4(given);
  const family = isIP(address);
  const isNumber = bits === undefined || /^\d{1,3}$/.test(bits);
  if (family === 0 || address.includes('%') || !isNumber || more.length > 0) throw refuse(text);
  if (bits !== undefined && Number(bits) > (family === 6 ? 128 : 32)) throw refuse(text);
  if (bits !== undefined && address !== given) throw refuse(text);
  if (family === 6 && (bits === undefined || Number(bits) > ipv6BitsMax)) {
    throw new Problem(
      400,
      'bad-address',
      `${JSON.stringify(text)}: IPv6 callers are known by their network of 64 bits; write a network of at most /64`,
    );
  }
  return bits === undefined ? address : `${address}/${Number(bits)}`;
}

/** IPv4 in the clothes of IPv6 is IPv4. */
function toIpv4(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1] ?? address;
}

function refuse(text: string): Problem {
  const shown = JSON.stringify(text.slice(0, 60));
  return new Problem(400, 'bad-address', `${shown} is neither an address nor a network such as 10.0.0.0/8`);
}
