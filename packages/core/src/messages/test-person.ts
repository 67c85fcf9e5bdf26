import { migrate, openSqlite } from '@nostrata/database';
import { createPool, type Deliver, type RelayPool } from '@nostrata/network';
import { type NostrEvent, parseEvent, verifyEvent } from '@nostrata/protocol';
import { createMemoryStore, type EventStore } from '@nostrata/store';
import { createKeys, type Keys } from '@nostrata/testing';
import { systemClock } from '../clock.ts';
import type { Signer } from '../contract.ts';
import { createFigureBook } from '../figures.ts';
import { createOutbox } from '../outbox/outbox.ts';
import { coreMigrations } from '../schema.ts';
import { createKeySigner } from '../signers/key-signer.ts';
import type { DirectMessages } from './contract.ts';
import { openMessages } from './messages.ts';
import { messageMigrations } from './schema.ts';

/** Somebody with a store, a pool and an outbox of their own, for tests. */
export interface TestPerson extends AsyncDisposable {
  readonly keys: Keys;
  readonly pubkey: string;
  readonly messages: DirectMessages;
  readonly store: EventStore;
  readonly failures: readonly unknown[];
  /** Ends the process, so to speak, and starts it again with what was on disk. */
  restart(): Promise<void>;
}

/** What differs between people. */
export interface PersonOptions {
  /** Inbox relays by pubkey: what the lists of kind 10050 would say. */
  readonly inboxes: Map<string, readonly string[]>;
  readonly nowSeconds?: () => number;
  /** Instead of a key in memory. */
  readonly signer?: (keys: Keys) => Signer;
  /** Called before each event is handed to the outbox; may throw. */
  readonly beforePublish?: (event: NostrEvent) => void;
  /** Called after the outbox has taken an event, before that is noted; may throw. */
  readonly afterPublish?: (event: NostrEvent) => void;
}

/** Starts somebody. */
export async function startPerson(seed: string, options: PersonOptions): Promise<TestPerson> {
  const keys = createKeys(seed);
  const { inboxes, nowSeconds = () => Math.floor(Date.now() / 1_000) } = options;
  const signer = options.signer?.(keys) ?? createKeySigner(keys.secret);
  const database = openSqlite(':memory:');
  await migrate(database, coreMigrations);
  await migrate(database, messageMigrations);
  const store = createMemoryStore({ now: () => Date.now() });
  const failures: unknown[] = [];
  const onFailed = (_: string, error: unknown): void => void failures.push(error);

  const start = async (): Promise<{ messages: DirectMessages; stop: () => Promise<void> }> => {
    const pool = openPool(createDeliver(store));
    const outbox = createOutbox({
      ...{ database, pool, clock: systemClock, random: Math.random, onFailed, book: createFigureBook() },
      submit: async (event) => {
        await store.put([{ event: requireVerified(event) }]);
        return { isKept: true };
      },
      withdraw: async () => undefined,
      getNewest: async () => undefined,
      routesOf: async () => [],
      getSigner: () => undefined,
    });
    await outbox.start();
    const messages = await openMessages({
      ...{ database, store, pool, nowSeconds, onFailed },
      getSigner: () => signer,
      onSignerChange: () => () => undefined,
      loadInboxRelays: async (pubkey) => inboxes.get(pubkey) ?? [],
      isPublished: async (id) => (await outbox.recent(1_000)).some((publication) => publication.id === id),
      publish: async (event, publishOptions) => {
        options.beforePublish?.(event);
        const publication = await outbox.publish(event, publishOptions);
        options.afterPublish?.(event);
        return publication;
      },
    });
    const stop = async (): Promise<void> => {
      await messages.stop();
      await outbox.stop();
      await pool.stop();
    };
    return { messages, stop };
  };

  let running = await start();
  return {
    keys,
    pubkey: keys.pubkey,
    get messages() {
      return running.messages;
    },
    store,
    failures,
    async restart() {
      await running.stop();
      running = await start();
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      await store.stop();
      await database.close();
    },
  };
}

function openPool(deliver: Deliver): RelayPool {
  return createPool({ deliver, clock: systemClock, random: Math.random, allowLocal: true, fetchInformation: null });
}

function createDeliver(store: EventStore): Deliver {
  return async (value, source) => {
    const event = verifyEvent(parseEvent(value));
    if (!event) return 'forged';
    const [result] = await store.put([{ event, source }]);
    return result?.outcome === 'stored' || result?.outcome === 'duplicate' ? 'kept' : 'gone';
  };
}

function requireVerified(event: NostrEvent) {
  const verified = verifyEvent(event);
  if (!verified) throw new Error('own event does not verify');
  return verified;
}
