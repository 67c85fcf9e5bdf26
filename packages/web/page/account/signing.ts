import { createNip46Signer, type FullSigner } from '@nostrata/core';
import { createPool } from '@nostrata/network';
import { formatClientUrl, getPublicKey } from '@nostrata/protocol';

export { createNip07Signer } from '@nostrata/core';

/** What signs for the person: an extension of the browser, or a signer somewhere else. The key never comes here. */
export type PageSigner = Pick<FullSigner, 'getPublicKey' | 'signEvent' | 'stop'>;

/** A way to a remote signer that is under way (NIP-46). */
export interface RemoteStart {
  /** `nostrconnect://…` for the signer to open or to scan; undefined where it was reached by its own `bunker://…`. */
  readonly url: string | undefined;
  readonly signer: PageSigner;
  /** Resolves when the signer has answered. */
  readonly connected: Promise<void>;
}

/** How a remote signer is reached. */
export interface RemoteOptions {
  /** The `bunker://…` that the signer showed; without it an address for the signer to open is made. */
  readonly bunker?: string | undefined;
  /** Where to meet in that case. */
  readonly relay: string;
  /** A number in [0, 1), for jitter. */
  random(): number;
  /** Called with a page on which the signer wants the person to say yes. */
  onAuthUrl(url: string): void;
}

/** What is asked of the signer: to sign in, to link a wallet, to hand over a name; and nothing else. */
const permissions = ['sign_event:22242', 'sign_event:27405'];

/** Reaches a remote signer (NIP-46). The key of this page is made for the visit and kept nowhere. */
export function connectRemote(options: RemoteOptions): RemoteStart {
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
    createPool: (hooks) => createPool({ ...hooks, random: options.random, allowLocal: true }),
  });
  return { url, signer, connected: signer.connect().then(() => undefined) };
}
