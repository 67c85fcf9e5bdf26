import type { Policy } from '../contract.ts';
import { createTokenBuckets, type Rate } from './token-buckets.ts';

/** Bounds how fast events come from one address; bad signatures count too. IPv6 addresses count by their /64 network. */
export function createIpRatePolicy(rate: Rate, now: () => number): Policy {
  const buckets = createTokenBuckets(rate, now);
  return {
    name: 'ip rate',
    check(_event, { via, ip }) {
      if (via !== 'client' || ip === undefined || buckets.take(networkOf(ip))) return null;
      return { prefix: 'rate-limited', message: 'too many events from this address, slow down', by: 'ip rate' };
    },
  };
}

/** What one subscriber has: an IPv4 address, or the first four groups of an IPv6 address. */
function networkOf(ip: string): string {
  if (!ip.includes(':')) return ip;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = ip.split('::');
  const groups = head === '' ? [] : head.split(':');
  // `::` stands for at least one group of zeros; the groups behind it reach into the first four only if there are more than three.
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  if (tail !== undefined) while (groups.length + after.length < 8) groups.push('0');
  return [...groups, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
