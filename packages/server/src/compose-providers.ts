import { createHmac } from 'node:crypto';
import { type CheckedProvider, checkProvider, createProviders, parseProviders } from '@nostrata/accounts';
import { InvalidError } from '@nostrata/protocol';
import type { Logger } from 'pino';
import { ConfigError } from './config/errors.ts';
import type { SettingName, Settings } from './config/table.ts';

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

/** Asks every provider once whether it takes its credentials, and warns in one line of each that does not. */
export function warnOfProviders(providers: readonly CheckedProvider[], logger: Logger): { stop(): void } {
  let isStopped = false;
  for (const provider of providers) {
    checkProvider(provider).then(
      ({ name, state, message }) => {
        if (state === 'works' || isStopped) return;
        const rest = state === 'away' ? 'payments through it have to wait' : 'nothing can be paid through it';
        logger.warn({ provider: name, state }, `${message}: ${rest}`);
      },
      (error: unknown) => logger.error({ provider: provider.name, err: error }, 'a provider could not be checked'),
    );
  }
  return {
    stop() {
      isStopped = true;
    },
  };
}

function parse(settings: Settings, { secret }: ProviderParts): ReturnType<typeof parseProviders> {
  const { btcpayUrl, btcpayStore, btcpayKey, btcpayWebhookSecret } = settings;
  const { lnbitsUrl, lnbitsKey, stripeKey, stripeWebhookSecret, stripeUrl, nwcUri } = settings;
  try {
    return parseProviders({
      btcpay: group({
        ...{ url: btcpayUrl, storeId: btcpayStore, apiKey: btcpayKey },
        webhookSecret: btcpayWebhookSecret,
      }),
      // LNbits signs nothing: the path that it is told is the secret.
      lnbits: group(
        { url: lnbitsUrl, invoiceKey: lnbitsKey },
        { webhookSecret: createHmac('sha256', secret).update('nostrata lnbits-webhook').digest('base64url') },
      ),
      stripe: group({ secretKey: stripeKey, webhookSecret: stripeWebhookSecret }, { url: stripeUrl }),
      nwc: group({ uri: nwcUri }),
    });
  } catch (error) {
    if (error instanceof InvalidError) throw new ConfigError(inOurWords(error.message), { cause: error });
    throw error;
  }
}

/** The settings of a provider, without those that are empty; undefined where none of those that ask for it is set. */
function group(asking: Readonly<Record<string, string>>, further: Readonly<Record<string, string>> = {}) {
  if (Object.values(asking).every((value) => value === '')) return undefined;
  return Object.fromEntries(Object.entries({ ...asking, ...further }).filter(([, value]) => value !== ''));
}

const ourWords: Readonly<Record<string, SettingName>> = {
  'btcpay.url': 'btcpayUrl',
  'btcpay.storeId': 'btcpayStore',
  'btcpay.apiKey': 'btcpayKey',
  'btcpay.webhookSecret': 'btcpayWebhookSecret',
  'lnbits.url': 'lnbitsUrl',
  'lnbits.invoiceKey': 'lnbitsKey',
  'stripe.secretKey': 'stripeKey',
  'stripe.webhookSecret': 'stripeWebhookSecret',
  'stripe.url': 'stripeUrl',
  'nwc.uri': 'nwcUri',
};

/** Names the setting as the operator wrote it. */
function inOurWords(message: string): string {
  return message.replace(/^setting providers\.(\w+\.\w+)/, (whole, name: string) => ourWords[name] ?? whole);
}
