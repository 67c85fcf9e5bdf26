import { Resolver } from 'node:dns/promises';
import { lookupMsMax } from './limits.ts';

/** Gives all addresses of a host. */
export type Lookup = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/**
 * Asks name servers, those of the machine unless one is named, and no file of hosts. The look-up of the platform waits in
 * one of four threads for as long as a name server likes: some names whose servers are silent hold up all others there.
 */
export function createLookup(server?: string): Lookup {
  return async (host) => {
    const resolver = new Resolver({ timeout: lookupMsMax, tries: 1 });
    if (server !== undefined) resolver.setServers([server]);
    const answers = await Promise.allSettled([
      resolver.resolve4(host).then((all) => all.map((address) => ({ address, family: 4 }))),
      resolver.resolve6(host).then((all) => all.map((address) => ({ address, family: 6 }))),
    ]);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const reasons = answers.flatMap((answer): unknown[] => (answer.status === 'rejected' ? [answer.reason] : []));
    // That there is no address of one family says less than that nobody answered for the other.
    if (addresses.length === 0) throw reasons.find((reason) => !isAbsence(reason)) ?? reasons[0];
    return addresses;
  };
}

function isAbsence(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && /^(?:ENODATA|ENOTFOUND)$/.test(String(reason.code));
}
