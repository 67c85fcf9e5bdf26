import { type Core, createKeySigner, openCore, type Signer } from '@nostrata/core';
import { findAddressFault } from '@nostrata/network';
import { decodeNip19, InvalidError, normalizeRelayUrl } from '@nostrata/protocol';
import { ConfigError } from './config/errors.ts';
import type { Settings } from './config/table.ts';
import { getStoreUrl, prepareStoreFolder } from './store-url.ts';

/** What a core of a command is opened with. */
export interface CoreWords {
  readonly settings: Settings;
  /** Relays of the command line; they take the place of the setting. */
  readonly relays?: readonly string[] | undefined;
  /** Whether what is in the outbox is sent; commands that only read leave it alone. */
  readonly sendsPublications?: boolean | undefined;
}

/**
 * Opens the library over the store that the settings name; a relay that is up may use the same store.
 * @throws ConfigError where a relay or the key cannot be used
 */
export async function composeCore({ settings, relays, sendsPublications = false }: CoreWords): Promise<Core> {
  const { allowLocalRelays } = settings;
  const signer = createOwnSigner(settings.secretKey);
  const urls = parseRelays(relays ?? settings.relays, allowLocalRelays);
  const store = getStoreUrl(settings);
  await prepareStoreFolder(store);
  return await openCore({ store, relays: urls, signer, allowLocalRelays, sendsPublications });
}

/**
 * Relay URLs as people write them, normalised.
 * @throws ConfigError where one is none, or may not be connected to
 */
export function parseRelays(texts: readonly string[], allowLocal: boolean): readonly string[] {
  return texts.map((text) => {
    const shown = JSON.stringify(text.slice(0, 80));
    const url = normalizeRelayUrl(text);
    if (url === null) throw new ConfigError(`${shown} is not the URL of a relay: expected wss://host`);
    const fault = allowLocal ? undefined : findAddressFault(url);
    if (fault === undefined) return url;
    throw new ConfigError(`${shown} is ${fault}: --allow-local-relays allows it`);
  });
}

function createOwnSigner(text: string): Signer | undefined {
  if (text === '') return undefined;
  const secret = decodeSecret(text);
  if (secret === undefined) {
    // The key itself is never repeated.
    throw new ConfigError('secretKey: expected nsec1… or 64 hex digits');
  }
  try {
    return createKeySigner(secret);
  } catch (error) {
    throw new ConfigError('secretKey: this number is no key', { cause: error });
  }
}

function decodeSecret(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, 'hex');
  try {
    const decoded = decodeNip19(text);
    return decoded.type === 'nsec' ? decoded.secret : undefined;
  } catch (error) {
    if (error instanceof InvalidError) return undefined;
    throw error;
  }
}
