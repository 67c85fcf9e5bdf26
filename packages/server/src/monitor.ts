import { createKeySigner } from '@nostrata/core';
import type { Ingest } from '@nostrata/ingest';
import { createPool } from '@nostrata/network';
import type { ProberOptions } from '@nostrata/observatory';
import { type UnsignedEvent, type VerifiedEvent, verifyEvent } from '@nostrata/protocol';
import { parseRelays } from './compose-core.ts';
import { ConfigError } from './config/errors.ts';
import type { Settings } from './config/table.ts';
import { loadSelfSecret } from './self-key.ts';

/** What a monitor works with. */
export interface MonitorOptions {
  readonly settings: Settings;
  readonly ingest: Pick<Ingest, 'submit'>;
  readonly clock: { now(): number; after(milliseconds: number, callback: () => void): () => void };
}

/** How probes write to relays, and how what they found is published (NIP-66); each only where it was asked for. */
export type Monitor = Pick<ProberOptions, 'write' | 'announce'> & AsyncDisposable;

/**
 * Signs with the key of this relay, keeps what it says in its own store and sends it to the relays of the settings.
 * @throws ConfigError where there is no key to sign with, or a relay cannot be used
 */
export async function createMonitor({ settings, ingest, clock }: MonitorOptions): Promise<Monitor> {
  const { probeWrites, publishProbes, relays, allowLocalRelays } = settings;
  if (!probeWrites && !publishProbes) return { [Symbol.asyncDispose]: async () => undefined };
  const secret = await loadSelfSecret(settings.data);
  if (secret === undefined) throw new ConfigError('the disk is full: the monitor has no key to sign with');
  const signer = createKeySigner(Buffer.from(secret, 'hex'));
  const sign = async (event: Omit<UnsignedEvent, 'pubkey'>): Promise<VerifiedEvent> => {
    const signed = verifyEvent(await signer.signEvent(event));
    if (!signed) throw new Error('what was signed here does not verify');
    return signed;
  };
  const targets = parseRelays(relays, allowLocalRelays);
  const pool = createPool({ deliver: async () => 'gone', clock, random: Math.random, allowLocal: allowLocalRelays });
  const publish = async (event: VerifiedEvent): Promise<void> => {
    await ingest.submit(event, { via: 'own' });
    await Promise.all(targets.map((relay) => pool.send(event, relay)));
  };
  return {
    write: probeWrites ? { sign } : undefined,
    announce: publishProbes ? { sign, publish } : undefined,
    async [Symbol.asyncDispose]() {
      await pool.stop();
      await signer.stop();
    },
  };
}
