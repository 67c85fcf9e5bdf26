import { insertRows } from '@nostrata/database';
import { Kind, type NostrEvent, parseRelayList } from '@nostrata/protocol';
import type { View } from '@nostrata/views';
import { registryLimits } from './limits.ts';
import { deleteRows, toBatch } from './log-rows.ts';
import { judgeRelayUrl } from './seeds.ts';

/**
 * Relays that authors say they use (kind 10002, NIP-65), and how many authors name each. Of each list the first few that
 * may be dialled: no list puts a private address, a hidden service or a thousand names into the registry.
 */
export function createMentionsView({ allowLocal = false }: { readonly allowLocal?: boolean | undefined }): View {
  return {
    name: 'registry-mentions',
    version: 1,
    kinds: new Set([Kind.relayList]),
    tables: [
      {
        name: 'view_registry_mention',
        key: ['event_id', 'url'],
        statements: [
          'CREATE TABLE view_registry_mention (event_id TEXT NOT NULL, url TEXT NOT NULL, PRIMARY KEY (event_id, url))',
        ],
      },
      {
        name: 'view_registry_url',
        key: ['url'],
        statements: [
          'CREATE TABLE view_registry_url (url TEXT PRIMARY KEY, authors BIGINT NOT NULL)',
          'CREATE INDEX view_registry_url_authors ON view_registry_url (authors, url)',
        ],
      },
    ],
    async apply(changes, transaction) {
      const { touchedIds, stored } = toBatch(changes);
      const authorsByUrl = new Map<string, number>();
      const add = (url: string, authors: number): void => {
        authorsByUrl.set(url, (authorsByUrl.get(url) ?? 0) + authors);
      };
      const table = 'view_registry_mention';
      for (const url of await deleteRows(transaction, { table, column: 'url' }, touchedIds)) add(url, -1);
      const rows = stored.flatMap((event) => readMentions(event, allowLocal).map((url) => [event.id, url] as const));
      for (const [, url] of rows) add(url, 1);
      await insertRows(transaction, { table, columns: ['event_id', 'url'], conflict: 'DO NOTHING' }, rows);
      const changed = [...authorsByUrl].filter(([, authors]) => authors !== 0);
      const conflict = '(url) DO UPDATE SET authors = view_registry_url.authors + excluded.authors';
      await insertRows(transaction, { table: 'view_registry_url', columns: ['url', 'authors'], conflict }, changed);
      for (const [url, authors] of changed) {
        if (authors < 0)
          await transaction.query('DELETE FROM view_registry_url WHERE url = $1 AND authors <= 0', [url]);
      }
    },
  };
}

function readMentions(event: NostrEvent, allowLocal: boolean): string[] {
  const urls = parseRelayList(event).map(({ url }) => url);
  return urls.filter((url) => judgeRelayUrl(url, allowLocal).url === url).slice(0, registryLimits.relaysByAuthorMax);
}
