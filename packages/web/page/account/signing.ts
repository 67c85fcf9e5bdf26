import { createNip46Signer } from '@nostrata/core';
import { createPool } from '@nostrata/network';
import { formatClientUrl, getPublicKey } from '@nostrata/protocol';
import type { RemoteStart } from './signers.ts';

export { createNip07Signer } from '@nostrata/core';

/** What is asked of the signer: to sign in, to link a wallet, to hand over a name; and nothing else. */
const permissions = ['sign_event:22242'];

/** Reaches a remote signer (NIP-46). The key of this page is made for the visit and kept nowhere. */
export function connectRemote(options: {
  bunker?: string | undefined;
  relay: string;
  onAuthUrl(url: string): void;
}): RemoteStart {
  const clientSecret = crypto.getRandomValues(new Uint8Array(32));
  const metadata = { name: 'Nostrata', url: location.origin };
  const url =
    options.bunker === undefined
      ? formatClientUrl({
          client: getPublicKey(clientSecret),
          relays: [options.relay],
          secret: crypto.randomUUID(),
          permissions,
          ...metadata,
        })
      : undefined;
  const signer = createNip46Signer({
    connection: options.bunker?.trim() ?? url ?? '',
    clientSecret,
    permissions,
    metadata,
    onAuthUrl: options.onAuthUrl,
    createPool: (hooks) => createPool({ ...hooks, random: Math.random, allowLocal: true }),
  });
  return { url, signer, connected: signer.connect().then(() => undefined) };
}
