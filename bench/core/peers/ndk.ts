/**
 * NDK with its outbox model and its Dexie cache, the one adapter of its documentation that installs from npm and runs
 * in Node (over fake-indexeddb, which outlives the app within the process). Events that it could not publish are
 * published again when the app is opened, as its cache offers.
 */
import type { NostrEvent } from '@nostrata/protocol';
import { within } from '../adapters/signing.ts';
import type { App, AppOptions } from '../contract.ts';

interface NdkEvent {
  ndk?: Ndk;
  readonly content: string;
  created_at: number;
  rawEvent(): NostrEvent;
  sign(): Promise<string>;
  publish(relays?: undefined, timeoutMs?: number): Promise<unknown>;
}
interface NdkUser {
  profile?: Record<string, unknown>;
  fetchProfile(): Promise<{ readonly name?: string } | null>;
  follow(user: NdkUser): Promise<boolean>;
  publish(): Promise<void>;
}
interface Ndk {
  readonly pool: { readonly relays: Map<string, { disconnect(): void }> };
  readonly outboxPool?: { readonly relays: Map<string, { disconnect(): void }> };
  connect(timeoutMs: number): Promise<void>;
  getUser(options: { pubkey: string }): NdkUser;
  subscribe(
    filter: object,
    options: object,
    handlers: { onEvent(event: NdkEvent): void; onEose(): void },
  ): { stop(): void };
}
interface Cache {
  getUnpublishedEvents(): Promise<{ readonly event: NdkEvent }[]>;
}

const peer = async <T>(name: string): Promise<T> => (await import(name)) as T;
await peer('fake-indexeddb/auto');
const ndkModule = await peer<{
  default: new (options: object) => Ndk;
  NDKEvent: new (ndk: Ndk, raw: object) => NdkEvent;
  NDKPrivateKeySigner: new (secretHex: string) => { user(): Promise<NdkUser> };
  NDKSubscriptionCacheUsage: { readonly ONLY_CACHE: string };
}>('@nostr-dev-kit/ndk');
const { default: DexieCache } = await peer<{ default: new (options: object) => Cache }>('@nostr-dev-kit/cache-dexie');

const graceMs = 300;

/** Opens the app. */
export async function openApp({ secretHex, relays, lookupRelay, patienceMs }: AppOptions): Promise<App> {
  const { default: NDK, NDKEvent, NDKPrivateKeySigner, NDKSubscriptionCacheUsage } = ndkModule;
  const cacheAdapter = new DexieCache({ dbName: 'bench' });
  const signer = new NDKPrivateKeySigner(secretHex);
  const ndk = new NDK({ explicitRelayUrls: relays, outboxRelayUrls: [lookupRelay], cacheAdapter, signer });
  await within(patienceMs, ndk.connect(patienceMs));
  const publishAgain = async (): Promise<void> => {
    for (const { event } of await cacheAdapter.getUnpublishedEvents()) {
      event.ndk = ndk;
      await event.publish(undefined, patienceMs);
    }
  };
  publishAgain().catch((error: Error) => console.error(error.message));

  const load = (filter: object, options: { readonly cacheUsage?: string } = {}): Promise<NostrEvent[]> =>
    new Promise((resolve) => {
      const eventById = new Map<string, NostrEvent>();
      const end = (): void => {
        subscription.stop();
        resolve([...eventById.values()].sort((a, b) => b.created_at - a.created_at));
      };
      let timer = setTimeout(end, patienceMs);
      // It says EOSE before every relay has: what comes a moment later still belongs on the screen.
      const onEose = (): void => {
        clearTimeout(timer);
        timer = setTimeout(end, options.cacheUsage ? 0 : graceMs);
      };
      const onEvent = (event: NdkEvent): void => {
        const raw = event.rawEvent();
        eventById.set(raw.id, raw);
      };
      const subscription = ndk.subscribe(filter, { closeOnEose: false, ...options }, { onEvent, onEose });
    });
  const notes: App['notes'] = async (authors, limit) => (await load({ kinds: [1], authors, limit })).slice(0, limit);
  return {
    notes,
    profile: async (pubkey) => (await within(patienceMs, ndk.getUser({ pubkey }).fetchProfile()))?.name,
    thread: (root) => load({ kinds: [1], '#e': [root.id] }),
    async publish(content, created_at) {
      const event = new NDKEvent(ndk, { kind: 1, content, created_at });
      await event.sign();
      await event.publish(undefined, patienceMs);
      return event.rawEvent();
    },
    async follow(pubkey) {
      await within(patienceMs, (await signer.user()).follow(ndk.getUser({ pubkey })));
    },
    async editAbout(about) {
      const user = await signer.user();
      await within(patienceMs, user.fetchProfile());
      if (!user.profile) throw new Error('nothing to edit');
      user.profile.about = about;
      await user.publish();
    },
    cachedProfile: (pubkey) => ndk.getUser({ pubkey }).fetchProfile(),
    cachedNotes: async (authors, limit) => {
      const cacheOnly = { cacheUsage: NDKSubscriptionCacheUsage.ONLY_CACHE };
      return (await load({ kinds: [1], authors, limit }, cacheOnly)).slice(0, limit);
    },
    async close() {
      for (const pool of [ndk.pool, ndk.outboxPool])
        for (const relay of pool?.relays.values() ?? []) relay.disconnect();
    },
  };
}
