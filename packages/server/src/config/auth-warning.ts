import type { Settings } from './table.ts';

/** Addresses that only programs of this machine reach. */
const loopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/**
 * Says what is wrong where clients authenticate but the relay does not know its own address. An answer to a challenge
 * (NIP-42) names the relay it is for; where that is compared with the Host header, which the other side writes, a
 * hostile relay can pass our challenge on to its own users and come in with their answers.
 */
export function findAuthWarning(
  settings: Pick<Settings, 'publicUrl' | 'host' | 'authRequired' | 'authToRead' | 'trustedProxies'>,
): string | undefined {
  const { publicUrl, host, authRequired, authToRead, trustedProxies } = settings;
  if (publicUrl !== '') return undefined;
  // Private kinds ask for authentication on every relay that others reach.
  const matters = authRequired || authToRead || trustedProxies.length > 0 || !loopback.test(host);
  if (!matters) return undefined;
  return 'publicUrl is empty: another relay could authenticate here as its users; set it to the address clients use, such as wss://relay.example.com';
}
