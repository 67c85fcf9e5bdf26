import type { Clock } from '@nostrata/network';
import { systemClock } from '../clock.ts';
import type { SignableEvent } from '../contract.ts';
import { SignerError } from '../errors.ts';
import { checkPubkey, checkSigned, checkText } from './check.ts';
import { withDeadline } from './deadline.ts';
import type { FullSigner } from './key-signer.ts';
import { personDeadlineMs } from './limits.ts';

/** `window.nostr`, as browser extensions provide it (NIP-07). Nothing that it gives is trusted. */
export interface Nip07 {
  getPublicKey(): Promise<unknown>;
  signEvent(event: SignableEvent): Promise<unknown>;
  readonly nip44?:
    | {
        encrypt(pubkey: string, plaintext: string): Promise<unknown>;
        decrypt(pubkey: string, payload: string): Promise<unknown>;
      }
    | undefined;
  readonly nip04?: { decrypt(pubkey: string, payload: string): Promise<unknown> } | undefined;
}

/** Options of `createNip07Signer`. */
export interface Nip07Options {
  readonly clock?: Clock | undefined;
  /** Milliseconds that the person has; 120,000 unless told. */
  readonly deadlineMs?: number | undefined;
}

/**
 * A signer in a browser extension. Asks it for the pubkey once; checks everything that it gives.
 * @param extension `window.nostr`, or a function that gives it, since extensions may come later than the page
 */
export function createNip07Signer(
  extension: Nip07 | (() => Nip07 | undefined),
  options: Nip07Options = {},
): FullSigner {
  const { clock = systemClock, deadlineMs = personDeadlineMs } = options;
  let known: Promise<string> | undefined;
  let isStopped = false;
  const ask = async (what: string, action: (nostr: Nip07) => Promise<unknown>): Promise<unknown> => {
    if (isStopped) throw new SignerError('unreachable', 'signer has been stopped');
    const nostr = typeof extension === 'function' ? extension() : extension;
    if (!nostr) throw new SignerError('unreachable', 'there is no signer extension in this browser');
    return withDeadline(
      callExtension(() => action(nostr)),
      { clock, deadlineMs, what },
    );
  };
  const getPublicKey = (): Promise<string> => {
    known ??= ask('the pubkey', (nostr) => nostr.getPublicKey()).then(checkPubkey);
    known.catch(() => {
      // The caller below sees this failure; the next one asks again.
      known = undefined;
    });
    return known;
  };
  return {
    getPublicKey,
    async signEvent({ kind, created_at, tags, content }) {
      const template = { kind, created_at, tags, content };
      const pubkey = await getPublicKey();
      // A copy, because some extensions write into what they are given.
      const answer = await ask('signing', (nostr) => nostr.signEvent(structuredClone(template)));
      return checkSigned(answer, template, pubkey);
    },
    nip44Encrypt: async (pubkey, plaintext) =>
      checkText(await ask('encrypting', (nostr) => requireNip44(nostr).encrypt(pubkey, plaintext))),
    nip44Decrypt: async (pubkey, payload) =>
      checkText(await ask('decrypting', (nostr) => requireNip44(nostr).decrypt(pubkey, payload))),
    nip04Decrypt: async (pubkey, payload) =>
      checkText(await ask('decrypting', (nostr) => requireNip04(nostr).decrypt(pubkey, payload))),
    async stop() {
      isStopped = true;
    },
  };
}

function requireNip44(nostr: Nip07): NonNullable<Nip07['nip44']> {
  if (!nostr.nip44) throw new SignerError('unsupported', 'this signer extension cannot encrypt (NIP-44)');
  return nostr.nip44;
}

function requireNip04(nostr: Nip07): NonNullable<Nip07['nip04']> {
  if (!nostr.nip04) throw new SignerError('unsupported', 'this signer extension cannot read old encryption (NIP-04)');
  return nostr.nip04;
}

/** Extensions say no by whatever they throw: an Error, a text, an object. */
async function callExtension(action: () => Promise<unknown>): Promise<unknown> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof SignerError) throw error;
    const words = error instanceof Error ? error.message : typeof error === 'string' ? error : 'it gave no reason';
    throw new SignerError('refused', `signer extension refused: ${words}`, { cause: error });
  }
}
