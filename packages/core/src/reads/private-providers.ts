import type { Clock } from '@nostrata/network';
import { getListEncryption, type NostrEvent, type Tag } from '@nostrata/protocol';
import { providersKind } from '@nostrata/trust/assertions';
import type { Signer } from '../contract.ts';
import { decryptAgainMs, decryptLoadWaitMs, decryptWaitMs } from '../limits.ts';
import type { Lookups } from '../lookups.ts';
import { readPrivateTags } from '../private-tags.ts';
import type { Signing } from '../signing.ts';

/** What is known of the private part of somebody's declaration of providers. */
export interface PrivateProviders {
  readonly tags: readonly Tag[];
  /** There is a private part that could not be read, or not in time. */
  readonly isSealed: boolean;
}

/**
 * Reads the private part of the declaration (kind 10040) of an observer. An answer of the store waits a second for the
 * signer, once; a refresh waits longer, because a person may have to allow it.
 */
export type ReadPrivateProviders = (observer: string, reason: 'answer' | 'refresh') => Promise<PrivateProviders>;

/** What reading private providers is made of. */
export interface PrivateProvidersParts {
  readonly signing: Pick<Signing, 'peek'>;
  readonly lookups: Pick<Lookups, 'getAddress'>;
  readonly clock: Clock;
}

interface Known {
  readonly id: string;
  readonly signer: Signer;
  /** Undefined where it could not be read. */
  readonly tags: Promise<readonly Tag[] | undefined>;
  /** When it is tried once more, after it failed. */
  againAtMs: number;
  /** No answer waits for it any more. */
  isSlow: boolean;
}

const none: PrivateProviders = { tags: [], isSealed: false };
const sealed: PrivateProviders = { tags: [], isSealed: true };

/**
 * Makes the reader. A person may be asked to allow each decryption: a declaration is decrypted once for each signer, and
 * after a failure not again for some time. Only the signer's own declaration can be read.
 */
export function createReadPrivateProviders({ signing, lookups, clock }: PrivateProvidersParts): ReadPrivateProviders {
  let known: Known | undefined;

  const decrypt = (event: NostrEvent, signer: Signer): Known => {
    if (known && known.id === event.id && known.signer === signer && clock.now() < known.againAtMs) return known;
    const found: Known = {
      id: event.id,
      signer,
      againAtMs: Number.POSITIVE_INFINITY,
      isSlow: false,
      tags: readPrivateTags(event, signer).catch(() => {
        found.againAtMs = clock.now() + decryptAgainMs;
        return undefined;
      }),
    };
    known = found;
    return found;
  };

  return async (observer, reason) => {
    const event = await lookups.getAddress({ kind: providersKind, pubkey: observer, identifier: '' });
    const isPlain = !event || (!event.content.startsWith('#') && getListEncryption(event.content) === 'none');
    if (isPlain) return none;
    const signer = signing.peek();
    if (!signer) return sealed;
    const found = decrypt(event, signer);
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const giveUp = (): void => {
      found.isSlow = true;
      resolve(undefined);
    };
    const cancel = clock.after(reason === 'answer' ? decryptWaitMs : decryptLoadWaitMs, giveUp);
    if (found.isSlow && reason === 'answer') giveUp();
    // What is there already comes before the end of the wait.
    const tags = await Promise.race([found.tags, late]);
    cancel();
    return tags ? { tags, isSealed: false } : sealed;
  };
}
