/**
 * nostr-tools as its README shows it: one `SimplePool` over a list of relays; it routes nothing and keeps nothing. It
 * gets every relay there is, as it would find little otherwise.
 */
import type { NostrEvent } from '@nostrata/protocol';
import { nameIn, signWith } from '../adapters/signing.ts';
import type { App, AppOptions } from '../contract.ts';

interface Pool {
  querySync(relays: readonly string[], filter: object, options: { maxWait: number }): Promise<NostrEvent[]>;
  get(relays: readonly string[], filter: object, options: { maxWait: number }): Promise<NostrEvent | null>;
  publish(relays: readonly string[], event: NostrEvent, options: { maxWait: number }): Promise<string>[];
  destroy(): void;
}

// The specifier is computed so that the type check does not need what is installed only to be measured.
const name = 'nostr-tools/pool';
const { SimplePool } = (await import(name)) as { SimplePool: new () => Pool };

/** Opens the app. */
export async function openApp({ secretHex, relays, everyRelay, patienceMs }: AppOptions): Promise<App> {
  const pool = new SimplePool();
  const sign = signWith(secretHex);
  const wait = { maxWait: patienceMs };
  const notes: App['notes'] = async (authors, limit) => {
    const events = await pool.querySync(everyRelay, { kinds: [1], authors, limit }, wait);
    return events.sort((a, b) => b.created_at - a.created_at).slice(0, limit);
  };
  const newest = (kind: number, pubkey: string): Promise<NostrEvent | null> =>
    pool.get(everyRelay, { kinds: [kind], authors: [pubkey] }, wait);
  const publish = async (event: NostrEvent): Promise<void> =>
    void (await Promise.any(pool.publish(relays, event, wait)));
  const edit = async (kind: number, change: (event: NostrEvent) => Partial<NostrEvent>): Promise<void> => {
    const event = await newest(kind, sign.pubkey);
    if (!event) throw new Error('nothing to edit');
    const { tags, content } = event;
    await publish(sign.event({ kind, tags, content, ...change(event) }));
  };
  return {
    notes,
    profile: async (pubkey) => nameIn((await newest(0, pubkey))?.content),
    thread: (root) => pool.querySync(everyRelay, { kinds: [1], '#e': [root.id] }, wait),
    async publish(content, created_at) {
      const event = sign.event({ kind: 1, content, created_at });
      await publish(event);
      return event;
    },
    follow: (pubkey) => edit(3, ({ tags }) => ({ tags: [...tags, ['p', pubkey]] })),
    editAbout: (about) => edit(0, ({ content }) => ({ content: JSON.stringify({ ...JSON.parse(content), about }) })),
    cachedProfile: (pubkey) => newest(0, pubkey),
    cachedNotes: notes,
    close: async () => pool.destroy(),
  };
}
