import type { Clock, RandomBytes } from '../contract.ts';
import { createBtcpay } from './btcpay.ts';
import type { CheckedProvider } from './check.ts';
import { createLnbits } from './lnbits.ts';
import { createNwc } from './nwc.ts';
import type { ProviderSettings } from './settings.ts';
import { createStripe } from './stripe.ts';

/** What providers need besides their settings. */
export interface ProviderParts {
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/**
 * Creates the providers that are configured, in the order in which they are offered: Lightning first. Nothing is asked of
 * anybody until a payment is opened; `checkProvider` tells whether they work.
 */
export function createProviders(settings: ProviderSettings, parts: ProviderParts): readonly CheckedProvider[] {
  const { btcpay, lnbits, nwc, stripe } = settings;
  const providers = [
    btcpay && createBtcpay(btcpay, parts),
    lnbits && createLnbits(lnbits, parts),
    nwc && createNwc(nwc, parts),
    stripe && createStripe(stripe, parts),
  ];
  return providers.filter((provider) => provider !== undefined);
}
