import { createHmac } from 'node:crypto';
import { type CheckedProvider, createProviders, parseProviders } from '@nostrata/accounts';
import { InvalidError } from '@nostrata/protocol';
import { ConfigError } from './config/errors.ts';
import type { Settings } from './config/table.ts';

/** What providers work with. */
export interface ProviderParts {
  readonly clock: { now(): number; after(milliseconds: number, callback: () => void): () => void };
  random(count: number): Uint8Array;
  /** Of the installation. */
  readonly secret: Uint8Array;
}

/**
 * The ways to be paid that the settings name, Lightning first; empty where there is none.
 * @throws ConfigError with one line that names the setting
 */
export function composeProviders(settings: Settings, parts: ProviderParts): readonly CheckedProvider[] {
  return createProviders(parse(settings, parts), parts);
}

function parse(settings: Settings, { secret }: ProviderParts): ReturnType<typeof parseProviders> {
  const { btcpayUrl, btcpayStore, btcpayKey, btcpayWebhookSecret } = settings;
  const { lnbitsUrl, lnbitsKey, stripeKey, stripeWebhookSecret, stripeUrl, nwcUri } = settings;
  try {
    return parseProviders({
      btcpay: group(
        { url: btcpayUrl, storeId: btcpayStore, apiKey: btcpayKey },
        { webhookSecret: btcpayWebhookSecret },
      ),
      // LNbits signs nothing: the path that it is told is the secret.
      lnbits: group(
        { url: lnbitsUrl, invoiceKey: lnbitsKey },
        { webhookSecret: createHmac('sha256', secret).update('nostrata lnbits-webhook').digest('base64url') },
      ),
      stripe: group({ secretKey: stripeKey }, { webhookSecret: stripeWebhookSecret, url: stripeUrl }),
      nwc: group({ uri: nwcUri }, {}),
    });
  } catch (error) {
    if (error instanceof InvalidError) throw new ConfigError(error.message, { cause: error });
    throw error;
  }
}

/** The settings of a provider; undefined where nothing of it is set. */
function group(needed: Readonly<Record<string, string>>, further: Readonly<Record<string, string>>) {
  if (Object.values(needed).every((value) => value === '')) return undefined;
  return Object.fromEntries(Object.entries({ ...needed, ...further }).filter(([, value]) => value !== ''));
}
