import {
  decryptNip04,
  decryptNip44,
  encryptNip04,
  encryptNip44,
  getConversationKey,
  type NostrEvent,
} from '@nostrata/protocol';
import type { RandomBytes } from '../contract.ts';
import { limits } from './limits.ts';
import type { NwcSettings } from './settings.ts';

/** How contents are encrypted; `nip04` only for services that know no other. */
export type WalletScheme = 'nip44_v2' | 'nip04';

/** Encrypts to a wallet service and decrypts what it sends. */
export interface WalletCipher {
  encrypt(scheme: WalletScheme, text: string): string;
  /** @throws InvalidError */
  decrypt(scheme: WalletScheme, text: string): string;
}

/** Creates it for one connection. */
export function createWalletCipher({ secret, walletPubkey }: NwcSettings, random: RandomBytes): WalletCipher {
  const key = getConversationKey(secret, walletPubkey);
  return {
    encrypt: (scheme, text) =>
      scheme === 'nip44_v2'
        ? encryptNip44(text, key, random(32))
        : encryptNip04(text, { secret, pubkey: walletPubkey }, random(16)),
    decrypt: (scheme, text) =>
      scheme === 'nip44_v2'
        ? decryptNip44(text, key, limits.walletReplyCharactersMax)
        : decryptNip04(text.slice(0, limits.walletReplyCharactersMax), secret, walletPubkey),
  };
}

/** What a wallet service says of itself (kind 13194). */
export interface WalletInfo {
  readonly methods: ReadonlySet<string>;
  /** Undefined where it knows none that we know. */
  readonly scheme: WalletScheme | undefined;
}

/** Reads an info event. Without an `encryption` tag the service is of the first version, which knew NIP-04 alone. */
export function parseWalletInfo({ content, tags }: Pick<NostrEvent, 'content' | 'tags'>): WalletInfo {
  const named = tags.find(([name]) => name === 'encryption');
  const schemes = named?.slice(1).flatMap((value) => value.split(/\s+/)) ?? ['nip04'];
  return {
    methods: new Set(content.slice(0, 10_000).split(/\s+/)),
    scheme: (['nip44_v2', 'nip04'] as const).find((scheme) => schemes.includes(scheme)),
  };
}
