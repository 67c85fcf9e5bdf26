import type { Authenticate } from '@nostrata/network';
import { Kind, type NostrEvent, normalizeRelayUrl } from '@nostrata/protocol';
import type { EventTemplate, Signer } from './contract.ts';
import { SignerError } from './errors.ts';
import { shownRelaysMax } from './limits.ts';
import { checkSigned } from './signers/check.ts';

/** The signer of a core, which may change while it runs. */
export interface Signing {
  /** @throws SignerError where there is none */
  get(): Signer;
  set(signer: Signer | undefined): void;
  /** The signer, where there is one. */
  peek(): Signer | undefined;
  getPubkey(): Promise<string | undefined>;
  /** Called with the new signer after each `set`; returns the function that ends it. */
  onChange(listener: (signer: Signer | undefined) => void): () => void;
  /** Lets that relay know who we are where it asks: it is about to get or give direct messages (NIP-59). */
  showTo(relay: string): void;
  isShownTo(relay: string): boolean;
  /** Signs, and checks that what came back is this event by this person. @throws SignerError */
  sign(template: EventTemplate, nowSeconds: number): Promise<NostrEvent>;
}

/** Holds a signer. */
export function createSigning(initial: Signer | undefined): Signing {
  let signer = initial;
  const shownTo = new Set<string>();
  const listeners = new Set<(signer: Signer | undefined) => void>();
  const get = (): Signer => {
    if (!signer) throw new SignerError('read-only', 'there is no signer: give one to openCore or setSigner');
    return signer;
  };
  return {
    get,
    set: (value) => {
      signer = value;
      shownTo.clear();
      for (const listener of [...listeners]) listener(value);
    },
    peek: () => signer,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getPubkey: async () => await signer?.getPublicKey(),
    showTo: (relay) => {
      const [oldest = ''] = shownTo;
      if (shownTo.size >= shownRelaysMax) shownTo.delete(oldest);
      shownTo.add(relay);
    },
    isShownTo: (relay) => shownTo.has(relay),
    sign: async (template, nowSeconds) => {
      const event = { ...template, created_at: template.created_at ?? nowSeconds };
      return checkSigned(await get().signEvent(event), event, await get().getPublicKey());
    },
  };
}

/**
 * Says who we are only where a person would expect it: to relays that the application was given that are in the
 * person's own lists, or that direct messages go to (NIP-42). Everybody else learns nothing.
 */
export function createAuthenticate(
  signing: Signing,
  mayKnow: (relay: string) => Promise<boolean>,
  nowSeconds: () => number,
): Authenticate {
  return async (relay, challenge) => {
    const url = normalizeRelayUrl(relay) ?? relay;
    if ((await signing.getPubkey()) === undefined) return undefined;
    if (!signing.isShownTo(url) && !(await mayKnow(url))) return undefined;
    const tags = [
      ['relay', relay],
      ['challenge', challenge],
    ];
    return await signing.sign({ kind: Kind.authentication, content: '', tags }, nowSeconds());
  };
}
