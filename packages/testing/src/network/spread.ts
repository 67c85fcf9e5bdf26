import { Kind, type NostrEvent, normalizeRelayUrl, parseRelayList } from '@nostrata/protocol';
import { compareEvents } from '../naive.ts';
import { seededRandom } from '../random.ts';
import type { TestRelay } from './relay.ts';

/** How events are spread. */
export interface SpreadOptions {
  /** How many relays have each event of an author who names none; 3 unless told. */
  readonly overlap?: number;
  /** Kinds that the first relay has of everyone, as an index of profiles and relay lists would; 0, 3, 10002 unless told. */
  readonly indexKinds?: readonly number[];
}

/** Where events went. */
export interface Spread {
  /** URLs of the relays that have what the author wrote. */
  writeRelays(pubkey: string): readonly string[];
  /**
   * The relay of the network that stands for a URL of the real world in a relay list or a hint; a URL of the network
   * stands for itself. For programs whose dialling can be replaced: nothing else may leave loopback.
   */
  dial(url: string): string;
}

/**
 * Puts events into the write relays of their authors: those of the author's newest relay list (NIP-65), each real URL
 * standing for one relay of the network, else `overlap` relays drawn by the author's pubkey. The same events and
 * number of relays give the same spread.
 */
export function spreadEvents(
  events: readonly NostrEvent[],
  relays: readonly TestRelay[],
  options: SpreadOptions = {},
): Spread {
  const { overlap = 3, indexKinds = [Kind.profile, Kind.follows, Kind.relayList] } = options;
  if (relays.length === 0) throw new Error('there is no relay to put events into');
  const relayByUrl = new Map(relays.map((relay) => [relay.url, relay]));
  const pick = (text: string): TestRelay => seededRandom(text).pick(relays);
  const stand = (url: string): TestRelay => {
    const normalized = normalizeRelayUrl(url) ?? url;
    return relayByUrl.get(normalized.replace(/\/$/, '')) ?? pick(normalized);
  };
  const listByAuthor = new Map<string, NostrEvent>();
  for (const event of events) {
    const known = listByAuthor.get(event.pubkey);
    if (event.kind === Kind.relayList && (!known || compareEvents(event, known) < 0))
      listByAuthor.set(event.pubkey, event);
  }
  const homesByAuthor = new Map<string, readonly TestRelay[]>();
  const homes = (pubkey: string): readonly TestRelay[] => {
    const known = homesByAuthor.get(pubkey);
    if (known) return known;
    const list = listByAuthor.get(pubkey);
    const named = list ? parseRelayList(list).filter(({ write }) => write) : [];
    const chosen = new Set(named.map(({ url }) => stand(url)));
    for (let draw = 0; chosen.size < Math.min(overlap, relays.length); draw++) {
      if (named.length > 0) break;
      chosen.add(pick(`${pubkey} ${draw}`));
    }
    homesByAuthor.set(pubkey, [...chosen]);
    return [...chosen];
  };
  for (const event of events) {
    for (const relay of homes(event.pubkey)) relay.put(event);
    if (indexKinds.includes(event.kind)) relays[0]?.put(event);
  }
  return {
    writeRelays: (pubkey) => homes(pubkey).map(({ url }) => url),
    dial: (url) => stand(url).url,
  };
}
