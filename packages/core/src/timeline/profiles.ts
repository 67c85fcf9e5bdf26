import type { Database } from '@nostrata/database';
import type { Clock, RelayAnswer } from '@nostrata/network';
import { type Filter, Kind } from '@nostrata/protocol';
import { getProfiles, getRelayLists } from '@nostrata/views';
import type { Freshness } from '../contract.ts';
import { type FreshnessLedger, isFresh } from '../freshness/ledger.ts';
import { filterValuesMax, ownListFreshMs, profileOverlapSeconds } from '../limits.ts';
import { createCover, keyOf, toFilters, type Wanted } from '../loading/wanted.ts';

/**
 * The profiles of the people in a timeline: whoever shows their notes shows their names, so profiles that are due are
 * asked for in the same requests. So are those of others that the application has shown lately and is likely to show
 * again, and the owner's relay list, which says where an edit reads its base.
 */
export interface TimelineProfiles {
  /** What is due for a check, of the owner and of others shown lately too, and the filters that ask for it. */
  listDue(pubkeys: readonly string[]): Promise<DueProfiles>;
  /** Takes note of the checks that these answers are. */
  note(wanted: readonly WantedOf[], answers: readonly RelayAnswer[]): Promise<void>;
}

/** What is due of people. */
export interface DueProfiles {
  /** Profiles, and the relay list of the owner. */
  readonly wanted: readonly WantedOf[];
  /** Those that are here are asked for what is newer than the last check; the others whole. */
  readonly filters: readonly Filter[];
}

/** Something that a person has. */
export type WantedOf = Extract<Wanted, { readonly type: 'authored' }>;

/** What they are made of. */
export interface TimelineProfilesOptions {
  readonly ledger: FreshnessLedger;
  readonly clock: Clock;
  readonly freshness: Freshness;
  readonly viewsDatabase: Database;
  readonly caughtUp: () => Promise<void>;
  /** The owner of the app, who is on every screen; undefined without a signer. */
  readonly getOwner: () => Promise<string | undefined>;
  /** People whom the application has shown lately, the latest first. */
  readonly listShown: () => readonly string[];
}

/** Makes them over the ledger of checks. */
export function createTimelineProfiles(options: TimelineProfilesOptions): TimelineProfiles {
  const { ledger, viewsDatabase, caughtUp, getOwner, listShown } = options;
  return {
    listDue: async (pubkeys) => {
      const owner = await getOwner();
      const people = new Set(pubkeys);
      if (owner !== undefined) people.delete(owner);
      const own = owner === undefined ? [] : await listOwnerDue(owner, options);
      const due = await listProfilesDue([...people].slice(0, filterValuesMax), options);
      const others = listShown().filter((pubkey) => pubkey !== owner && !people.has(pubkey));
      const shown = await listProfilesDue(await filterRouted(others, ledger), options);
      const wanted = [...own, ...due.wanted, ...shown.wanted];
      return { wanted, filters: [...toFilters(own), ...due.filters, ...shown.filters] };
    },
    note: async (wanted, answers) => {
      const covers = answers
        .filter(({ end }) => end === 'eose')
        .map(({ relay, filters }) => ({
          relay,
          covers: filters.filter(({ complete }) => complete).map(({ filter }) => createCover(filter)),
        }));
      await caughtUp();
      const pubkeys = wanted.map(({ pubkey }) => pubkey);
      const profiles = await getProfiles(viewsDatabase, pubkeys);
      const listed = wanted.flatMap(({ pubkey, kinds }) => (kinds.includes(Kind.relayList) ? [pubkey] : []));
      const lists = await getRelayLists(viewsDatabase, listed);
      for (const one of wanted) {
        const relays = covers.filter((answer) => answer.covers.some((cover) => cover(one))).map(({ relay }) => relay);
        const known = one.kinds.includes(Kind.relayList) ? lists : profiles;
        if (relays.length > 0) ledger.checked(keyOf(one), { relays, found: known.has(one.pubkey) });
      }
    },
  };
}

/** Profile and relay list of the owner, who is on every screen; the list with the profile, at the owner's own relays. */
async function listOwnerDue(
  pubkey: string,
  { ledger, freshness, clock }: TimelineProfilesOptions,
): Promise<readonly WantedOf[]> {
  const [profile, list] = [wantOf(pubkey, Kind.profile), wantOf(pubkey, Kind.relayList)];
  const isListFresh = isFresh(await ledger.get(keyOf(list)), { ...freshness, freshForMs: ownListFreshMs }, clock.now());
  const isProfileFresh = isFresh(await ledger.get(keyOf(profile)), freshness, clock.now());
  if (!isListFresh) return [profile, list];
  return isProfileFresh ? [] : [profile];
}

async function listProfilesDue(
  pubkeys: readonly string[],
  { ledger, freshness, clock }: TimelineProfilesOptions,
): Promise<DueProfiles> {
  const known: string[] = [];
  const unknown: string[] = [];
  let oldestMs = clock.now();
  for (const pubkey of pubkeys) {
    const check = await ledger.get(keyOf(wantOf(pubkey, Kind.profile)));
    if (isFresh(check, freshness, clock.now())) continue;
    const isKnown = check?.found === true && check.checkedAtMs > 0;
    (isKnown ? known : unknown).push(pubkey);
    if (isKnown) oldestMs = Math.min(oldestMs, check.checkedAtMs);
  }
  const since = Math.max(0, Math.floor(oldestMs / 1_000) - profileOverlapSeconds);
  const filters: Filter[] = [];
  if (unknown.length > 0) filters.push({ kinds: [Kind.profile], authors: unknown });
  if (known.length > 0) filters.push({ kinds: [Kind.profile], authors: known, since });
  return { wanted: [...known, ...unknown].map((pubkey) => wantOf(pubkey, Kind.profile)), filters };
}

/** Those whose relays are known or were looked for: a timeline does not wait for the relay lists of others. */
async function filterRouted(pubkeys: readonly string[], ledger: FreshnessLedger): Promise<readonly string[]> {
  const routed: string[] = [];
  for (const pubkey of pubkeys) {
    const check = await ledger.get(keyOf(wantOf(pubkey, Kind.relayList)));
    if (check !== undefined && check.checkedAtMs > 0) routed.push(pubkey);
  }
  return routed;
}

function wantOf(pubkey: string, kind: number): WantedOf {
  return { type: 'authored', pubkey, kinds: [kind] };
}
