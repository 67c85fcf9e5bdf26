import { useEffect, useState } from 'preact/hooks';
import type { PageSigner, RemoteOptions, RemoteStart } from './signing.ts';

interface WindowWithNostr {
  readonly nostr?: Parameters<typeof import('@nostrata/core').createNip07Signer>[0] | undefined;
}

/** Says whether the browser has an extension that signs (NIP-07). */
function hasExtension(): boolean {
  return (window as WindowWithNostr).nostr !== undefined;
}

/** The same, while a page is open: extensions put themselves into a page some time after it began. */
export function useExtension(): boolean {
  const [isThere, setIsThere] = useState(hasExtension);
  useEffect(() => {
    const timer = setInterval(() => setIsThere(hasExtension()), 300);
    return () => clearInterval(timer);
  }, []);
  return isThere;
}

/** The extension as a signer. What it needs is loaded when it is used. */
export async function openExtension(): Promise<PageSigner> {
  const { createNip07Signer } = await import('./signing.ts');
  const { nostr } = window as WindowWithNostr;
  if (nostr === undefined) throw new Error('This browser has no Nostr extension.');
  return createNip07Signer(nostr);
}

/**
 * Begins to reach a remote signer: by the `bunker://…` it showed, or by an address for it to open.
 * @param onAuthUrl called with a page on which the signer wants the person to say yes
 * @throws SignerError or InvalidError where what was given is no such address
 */
export async function startRemote(options: RemoteOptions): Promise<RemoteStart> {
  const { connectRemote } = await import('./signing.ts');
  return connectRemote(options);
}
