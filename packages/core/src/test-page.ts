import type { CoreOptions } from './contract.ts';
import type { Core } from './core.ts';
import { PublishError } from './errors.ts';
import { openCore } from './open.ts';
import { createKeySigner } from './signers/key-signer.ts';

interface PageGlobals {
  readonly Worker: new (url: string, options: { readonly type: 'module' }) => unknown;
}

/** How a page of a test opens its core. */
export interface PageOptions extends Pick<CoreOptions, 'relays'> {
  readonly name: string;
  /** Path of the store's worker; the usual one unless told. */
  readonly storeWorker?: string;
}

/** What a test may ask of a page; every answer can be sent to it. */
export class CorePage {
  #core: Core | undefined;

  get core(): Core {
    if (!this.#core) throw new Error('nothing is open');
    return this.#core;
  }

  async open({ name, relays, storeWorker = '/store-worker.js' }: PageOptions) {
    const { Worker } = globalThis as unknown as PageGlobals;
    this.#core = await openCore({
      store: `opfs:${name}`,
      relays,
      allowLocalRelays: true,
      signer: createKeySigner(new Uint8Array(32).fill(7)),
      browser: {
        storeWorker: () => new Worker(storeWorker, { type: 'module' }),
        verifierWorker: () => new Worker('/verifier-worker.js', { type: 'module' }),
        secp256k1WasmUrl: '/secp256k1.wasm',
      },
    });
    const { isPersistent, notPersistentBecause } = this.#core;
    return { isPersistent, ...(notPersistentBecause !== undefined && { notPersistentBecause }) };
  }

  async profile(pubkey: string) {
    const { value, state, source } = await this.core.profile(pubkey);
    return { name: value?.name, state, source };
  }

  async publish(content: string) {
    const publication = await this.core.publish({ kind: 1, content, tags: [] });
    return publication.id;
  }

  /** Publishes long notes until one is refused; how many were kept, and how the last one was refused. */
  async publishUntilFull(name: string) {
    for (let number = 0; ; number += 1) {
      try {
        await this.core.publish({ kind: 1, content: `${name} ${number} ${'x'.repeat(30_000)}`, tags: [] });
      } catch (error) {
        if (!(error instanceof PublishError)) throw error;
        return { kept: number, fault: error.fault, message: error.message };
      }
    }
  }

  async contents() {
    return (await this.core.list({ kinds: [1] })).map(({ content }) => content);
  }

  setOnline(isOnline: boolean): void {
    this.core.setOnline(isOnline);
  }

  pending(): number {
    return this.core.pending().length;
  }

  /** Milliseconds of so many reads of a profile from the store, sorted. */
  async time(pubkey: string, reads: number): Promise<number[]> {
    const times: number[] = [];
    for (let read = 0; read < reads; read += 1) {
      const started = performance.now();
      await this.core.profile(pubkey);
      times.push(performance.now() - started);
    }
    return times.sort((a, b) => a - b);
  }

  stop(): Promise<void> {
    return this.core.stop();
  }
}

Object.assign(globalThis, { corePage: new CorePage() });
