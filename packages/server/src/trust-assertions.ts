import type { Cache } from '@nostrata/cache';
import { createKeySigner, type Signer } from '@nostrata/core';
import type { Ingest } from '@nostrata/ingest';
import type { EventStore } from '@nostrata/store';
import { createAssertions, type Trust } from '@nostrata/trust';
import type { Logger } from 'pino';
import { ConfigError } from './config/errors.ts';
import { lead } from './leading.ts';
import { assertedUsersMax, assertionsEveryMs, assertionsRetryMs } from './limits.ts';
import { loadSecret } from './self-key.ts';

/** The service key of the anchors' point of view: NIP-85 wants a key for each. */
export type AssertionKey = Signer & AsyncDisposable;

/**
 * The key that assertions are signed with; made once and kept in the data folder as `trust-key`.
 * @throws ConfigError where the disk has no room for one, or the file holds something else
 */
export async function createAssertionKey(dataFolder: string): Promise<AssertionKey> {
  const secret = await loadSecret(dataFolder, 'trust-key');
  if (secret === undefined) throw new ConfigError('the disk is full: there is no key to sign trusted assertions with');
  const signer = createKeySigner(Buffer.from(secret, 'hex'));
  return { ...signer, [Symbol.asyncDispose]: () => signer.stop() };
}

/** What publishing works with. */
export interface AssertionWork {
  readonly trust: Pick<Trust, 'score' | 'trusted'>;
  /** Settles when the store has been read for the first time. */
  readonly ready: Promise<void>;
  readonly key: AssertionKey;
  readonly store: EventStore;
  readonly ingest: Pick<Ingest, 'submit'>;
  readonly cache: Cache;
  readonly clock: { now(): number; after(milliseconds: number, callback: () => void): () => void };
  readonly logger: Logger;
  readonly onProblem: (error: unknown) => void;
}

/** Of several processes one says what the scores are: at its start, and then every hour where they changed. */
export function leadAssertions(work: AssertionWork): AsyncDisposable {
  const { cache, clock, onProblem } = work;
  return lead({
    ...{ cache, name: 'trust-assertions', after: clock.after, onFailed: onProblem },
    async begin() {
      return keepPublishing(work, await work.key.getPublicKey());
    },
  });
}

/** Publishes again and again; the returned function ends it. */
function keepPublishing(work: AssertionWork, servicePubkey: string): () => Promise<void> {
  const { clock, store, trust, onProblem } = work;
  const stopping = new AbortController();
  const assertions = createAssertions({
    ...{ store, trust, servicePubkey },
    async publish({ kind, tags, content }, saidAt = 0) {
      stopping.signal.throwIfAborted();
      const created_at = Math.max(Math.floor(clock.now() / 1_000), saidAt + 1);
      const event = await work.key.signEvent({ kind, tags, content, created_at });
      const result = await work.ingest.submit(event, { via: 'own' });
      if (!result.accepted) throw new Error(`an assertion was refused: ${result.rejection.message}`);
    },
  });
  let cancel = (): void => undefined;
  const round = async (): Promise<void> => {
    let pauseMs = assertionsRetryMs;
    try {
      const report = await assertions.publishUsers(await trust.trusted(assertedUsersMax));
      work.logger.info(report, 'trusted assertions were published');
      pauseMs = assertionsEveryMs;
    } catch (error) {
      if (!stopping.signal.aborted) onProblem(error);
    }
    if (stopping.signal.aborted) return;
    cancel = clock.after(pauseMs, () => {
      working = round();
    });
  };
  let working = Promise.resolve();
  // Nothing is waited for that has not begun: the store may take a while to be read.
  void work.ready.then(() => {
    if (!stopping.signal.aborted) working = round();
  });
  return async () => {
    stopping.abort();
    cancel();
    await working;
  };
}
