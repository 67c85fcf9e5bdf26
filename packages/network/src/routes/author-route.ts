import { coverKeys } from './cover.ts';
import { buildRelaySet, type KnownLists, writeRelays } from './relay-set.ts';

/** What choosing relays for authors goes by. */
export interface AuthorContext {
  readonly lists: KnownLists;
  /** For authors whose relays are not known. */
  readonly fallbackRelays: readonly string[];
  readonly blocked?: ReadonlySet<string> | undefined;
  /** Relays for each author; null: all of them. */
  readonly redundancy?: number | null | undefined;
  /** Authors in one filter; 0: no bound. */
  readonly authorsPerFilterMax?: number | undefined;
}

/** Relays that are asked for the same authors. */
export interface AuthorRoute {
  readonly relays: readonly string[];
  readonly authorChunks: readonly (readonly string[])[];
}

/** Reads authors where they write (NIP-65), the relay with most of them first, and the rest at the fallback relays. */
export function routeAuthorReads(authors: readonly string[], context: AuthorContext): AuthorRoute[] {
  const { lists, blocked, redundancy, authorsPerFilterMax = 0 } = context;
  const relaysByKey = new Map<string, readonly string[]>();
  for (const author of new Set(authors)) relaysByKey.set(author, buildRelaySet([writeRelays(lists, author)], blocked));
  const cover = coverKeys({ relaysByKey, relaysPerKey: redundancy ?? undefined });
  const routes = [...cover].map(([relay, keys]) => ({
    relays: [relay],
    authorChunks: chunk(keys, authorsPerFilterMax),
  }));
  const missing = [...relaysByKey].flatMap(([author, relays]) => (relays.length === 0 ? [author] : []));
  const fallback = buildRelaySet([context.fallbackRelays], blocked);
  if (missing.length > 0 && fallback.length > 0) {
    routes.push({ relays: fallback, authorChunks: chunk(missing, authorsPerFilterMax) });
  }
  return routes;
}

function chunk(keys: readonly string[], size: number): string[][] {
  if (size <= 0) return [[...keys]];
  return Array.from({ length: Math.ceil(keys.length / size) }, (_, index) =>
    keys.slice(index * size, (index + 1) * size),
  );
}
