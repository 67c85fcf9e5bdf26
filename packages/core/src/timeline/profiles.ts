import type { Database } from '@nostrata/database';
import type { Clock, RelayAnswer } from '@nostrata/network';
import { type Filter, Kind } from '@nostrata/protocol';
import { getProfiles } from '@nostrata/views';
import type { Freshness } from '../contract.ts';
import { type FreshnessLedger, isFresh } from '../freshness/ledger.ts';
import { filterValuesMax, profileOverlapSeconds } from '../limits.ts';
import { createCover, keyOf, type Wanted } from '../loading/wanted.ts';

/**
 * The profiles of the people in a timeline: whoever shows their notes shows their names, so profiles that are due are
 * asked for in the same requests.
 */
export interface TimelineProfiles {
  /** Whose profile is due for a check, the owner of the app among them, and the filters that ask for it. */
  listDue(pubkeys: readonly string[]): Promise<DueProfiles>;
  /** Takes note of the checks that these answers are. */
  note(pubkeys: readonly string[], answers: readonly RelayAnswer[]): Promise<void>;
}

/** Profiles that are due. */
export interface DueProfiles {
  readonly pubkeys: readonly string[];
  /** Those that are here are asked for what is newer than the last check; the others whole. */
  readonly filters: readonly Filter[];
}

/** What they are made of. */
export interface TimelineProfilesOptions {
  readonly ledger: FreshnessLedger;
  readonly clock: Clock;
  readonly freshness: Freshness;
  readonly viewsDatabase: Database;
  readonly caughtUp: () => Promise<void>;
  /** The owner of the app, who is on every screen; undefined without a signer. */
  readonly getOwner: () => Promise<string | undefined>;
}

/** Makes them over the ledger of checks. */
export function createTimelineProfiles(options: TimelineProfilesOptions): TimelineProfiles {
  const { ledger, clock, freshness, viewsDatabase, caughtUp, getOwner } = options;
  const wantedOf = (pubkey: string): Wanted => ({ type: 'authored', pubkey, kinds: [Kind.profile] });
  return {
    listDue: async (pubkeys) => {
      const known: string[] = [];
      const unknown: string[] = [];
      let oldestMs = clock.now();
      const owner = await getOwner();
      for (const pubkey of new Set([...(owner === undefined ? [] : [owner]), ...pubkeys])) {
        if (known.length + unknown.length === filterValuesMax) break;
        const check = await ledger.get(keyOf(wantedOf(pubkey)));
        if (isFresh(check, freshness, clock.now())) continue;
        const isKnown = check?.found === true && check.checkedAtMs > 0;
        (isKnown ? known : unknown).push(pubkey);
        if (isKnown) oldestMs = Math.min(oldestMs, check.checkedAtMs);
      }
      const since = Math.max(0, Math.floor(oldestMs / 1_000) - profileOverlapSeconds);
      const filters: Filter[] = [];
      if (unknown.length > 0) filters.push({ kinds: [Kind.profile], authors: unknown });
      if (known.length > 0) filters.push({ kinds: [Kind.profile], authors: known, since });
      return { pubkeys: [...known, ...unknown], filters };
    },
    note: async (pubkeys, answers) => {
      const covers = answers
        .filter(({ end }) => end === 'eose')
        .map(({ relay, filters }) => ({
          relay,
          covers: filters.filter(({ complete }) => complete).map(({ filter }) => createCover(filter)),
        }));
      await caughtUp();
      const profiles = await getProfiles(viewsDatabase, pubkeys);
      for (const pubkey of pubkeys) {
        const wanted = wantedOf(pubkey);
        const relays = covers.filter((one) => one.covers.some((cover) => cover(wanted))).map(({ relay }) => relay);
        if (relays.length > 0) ledger.checked(keyOf(wanted), { relays, found: profiles.has(pubkey) });
      }
    },
  };
}
