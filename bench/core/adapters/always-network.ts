/**
 * The baseline: an app that keeps nothing but the relay lists of its session. Every read is a REQ of its own to each
 * write relay of the authors, which it knows without error, so that what it sends is the least that always asking
 * costs.
 */
import { type NostrEvent, parseRelayList } from '@nostrata/protocol';
import type { App, AppOptions } from '../contract.ts';
import { createSession } from '../frames.ts';
import { nameIn, newestFirst, signWith } from './signing.ts';

/** Opens the app. */
export async function openApp(options: AppOptions): Promise<App> {
  const { relays, lookupRelay, patienceMs } = options;
  const session = createSession(patienceMs);
  const sign = signWith(options.secretHex);
  const relaysByAuthor = new Map<string, readonly string[]>();

  const learn = async (authors: readonly string[]): Promise<void> => {
    const missing = authors.filter((pubkey) => !relaysByAuthor.has(pubkey));
    if (missing.length === 0) return;
    for (const list of await session.ask([lookupRelay], { kinds: [10002], authors: missing })) {
      const urls = parseRelayList(list).flatMap(({ url, write }) => (write ? [url] : []));
      relaysByAuthor.set(list.pubkey, urls);
    }
  };
  const notes: App['notes'] = async (authors, limit) => {
    await learn(authors);
    const authorsByRelay = new Map<string, string[]>();
    for (const pubkey of authors) {
      for (const url of relaysByAuthor.get(pubkey) ?? relays)
        authorsByRelay.set(url, [...(authorsByRelay.get(url) ?? []), pubkey]);
    }
    const answers = await Promise.all(
      [...authorsByRelay].map(([url, here]) => session.ask([url], { kinds: [1], authors: here, limit })),
    );
    return newestFirst(answers.flat(), limit);
  };
  const newest = async (kind: number, pubkey: string): Promise<NostrEvent | undefined> => {
    await learn([pubkey]);
    return newestFirst(
      await session.ask(relaysByAuthor.get(pubkey) ?? relays, { kinds: [kind], authors: [pubkey] }),
    )[0];
  };
  const edit = async (kind: number, change: (event: NostrEvent) => Partial<NostrEvent>): Promise<void> => {
    const event = await newest(kind, sign.pubkey);
    if (!event) throw new Error('nothing to edit');
    const { tags, content } = event;
    await session.publish(relays, sign.event({ kind, tags, content, ...change(event) }));
  };
  return {
    notes,
    profile: async (pubkey) => nameIn((await newest(0, pubkey))?.content),
    async thread(root) {
      await learn([root.pubkey]);
      const urls = relaysByAuthor.get(root.pubkey) ?? relays;
      return newestFirst(await session.ask(urls, { kinds: [1], '#e': [root.id] }));
    },
    async publish(content, created_at) {
      const event = sign.event({ kind: 1, content, created_at });
      await session.publish(relays, event);
      return event;
    },
    follow: (pubkey) => edit(3, ({ tags }) => ({ tags: [...tags, ['p', pubkey]] })),
    editAbout: (about) => edit(0, ({ content }) => ({ content: JSON.stringify({ ...JSON.parse(content), about }) })),
    cachedProfile: (pubkey) => newest(0, pubkey),
    cachedNotes: notes,
    close: async () => session.close(),
  };
}
