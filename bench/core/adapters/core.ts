/** The core as its guide shows it: a store in the app's folder, the user's relays, and nothing tuned. */
import { createKeySigner, openCore } from '@nostrata/core';
import type { NostrEvent } from '@nostrata/protocol';
import type { App, AppOptions } from '../contract.ts';
import { within } from './signing.ts';

/** Opens the app. */
export async function openApp({ secretHex, relays, lookupRelay, folder, patienceMs }: AppOptions): Promise<App> {
  const core = await openCore({
    store: `sqlite:${folder}`,
    relays,
    lookupRelays: [lookupRelay],
    signer: createKeySigner(Buffer.from(secretHex, 'hex')),
    allowLocalRelays: true,
  });
  /** What is on the screen when the refresh under way, if there is one, has come. */
  const atRest = async <T extends { readonly refresh?: Promise<T> | undefined }>(loading: Promise<T>): Promise<T> => {
    const loaded = await loading;
    return (loaded.refresh && (await within(patienceMs, loaded.refresh))) ?? loaded;
  };
  return {
    async notes(authors, limit) {
      const timeline = await core.timeline({ kinds: [1], authors }, { pageSize: limit });
      await within(patienceMs, timeline.loaded);
      const events = timeline.events.slice(0, limit);
      timeline.close();
      return events;
    },
    profile: async (pubkey) => (await atRest(core.profile(pubkey))).value?.name,
    async thread(root) {
      const { value } = await atRest(core.thread(root.id));
      return value ? value.tree.replies.flatMap(flatten) : [];
    },
    publish: async (content, created_at) => (await core.publish({ kind: 1, content, tags: [], created_at })).event,
    async follow(pubkey) {
      await core.edit({ kind: 3 }, (draft) => void draft.tags.push(['p', pubkey]));
    },
    async editAbout(about) {
      await core.edit({ kind: 0 }, (draft) => {
        draft.content = JSON.stringify({ ...(JSON.parse(draft.content) as object), about });
      });
    },
    cachedProfile: (pubkey) => core.profile(pubkey),
    async cachedNotes(authors, limit) {
      const timeline = await core.timeline(
        { kinds: [1], authors },
        { pageSize: limit, policy: 'cache-only', live: false },
      );
      timeline.close();
      return timeline.events;
    },
    close: () => core.stop(),
  };
}

interface Node {
  readonly event: NostrEvent;
  readonly replies: readonly Node[];
}

function flatten({ event, replies }: Node): NostrEvent[] {
  return [event, ...replies.flatMap(flatten)];
}
