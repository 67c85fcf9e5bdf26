import type { FullSigner } from '@nostrata/core';

/** What signs for the person: an extension of the browser, or a signer somewhere else. The key never comes here. */
export type PageSigner = Pick<FullSigner, 'getPublicKey' | 'signEvent' | 'stop'>;

interface WindowWithNostr {
  readonly nostr?: Parameters<typeof import('@nostrata/core').createNip07Signer>[0] | undefined;
}

/** Says whether the browser has an extension that signs (NIP-07). */
export function hasExtension(): boolean {
  return (window as WindowWithNostr).nostr !== undefined;
}

/** The extension as a signer. What it needs is loaded when it is used. */
export async function openExtension(): Promise<PageSigner> {
  const { createNip07Signer } = await import('./signing.ts');
  const { nostr } = window as WindowWithNostr;
  if (nostr === undefined) throw new Error('This browser has no Nostr extension.');
  return createNip07Signer(nostr);
}

/** A way to a remote signer that is under way (NIP-46). */
export interface RemoteStart {
  /** `nostrconnect://…` for the signer to open or to scan; undefined where it was reached by its own `bunker://…`. */
  readonly url: string | undefined;
  readonly signer: PageSigner;
  /** Resolves when the signer has answered. */
  readonly connected: Promise<void>;
}

/**
 * Begins to reach a remote signer: by the `bunker://…` it showed, or by an address for it to open.
 * @param onAuthUrl called with a page on which the signer wants the person to say yes
 * @throws SignerError or InvalidError where what was given is no such address
 */
export async function startRemote(options: {
  bunker?: string | undefined;
  relay: string;
  onAuthUrl(url: string): void;
}): Promise<RemoteStart> {
  const { connectRemote } = await import('./signing.ts');
  return connectRemote(options);
}
