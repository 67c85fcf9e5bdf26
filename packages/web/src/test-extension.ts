import type { UnsignedEvent } from '@nostrata/protocol';
import { type Keys, signEvent } from '@nostrata/testing';
import type { BrowserContext } from 'playwright-core';

/** Puts an extension that signs (NIP-07) into every page of a browser. The secret key stays outside of the page. */
export async function addExtension(context: BrowserContext, { pubkey, secret }: Keys): Promise<void> {
  await context.exposeFunction('signAsExtension', (draft: Omit<UnsignedEvent, 'pubkey'>) =>
    signEvent({ ...draft, pubkey }, secret),
  );
  await context.addInitScript(`window.nostr = {
    getPublicKey: async () => ${JSON.stringify(pubkey)},
    signEvent: (event) => window.signAsExtension(event),
  }`);
}
