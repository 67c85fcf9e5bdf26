import type { Queryable } from '@nostrata/database';
import { Kind, type Profile, parseProfile } from '@nostrata/protocol';
import type { View } from './contract.ts';
import { findByPubkeys, type Sourced } from './reading.ts';
import { createRowView } from './row-view.ts';

/** A profile (kind 0) with the event it comes from. All texts are from outside. */
export interface ProfileRow extends Profile, Sourced {}

/** The profiles (kind 0, NIP-01 and NIP-24). */
export const profileView: View = createRowView({
  name: 'profile',
  version: 1,
  kinds: new Set([Kind.profile]),
  table: 'view_profile',
  columns: {
    pubkey: 'TEXT NOT NULL',
    name: 'TEXT',
    display_name: 'TEXT',
    about: 'TEXT',
    picture: 'TEXT',
    banner: 'TEXT',
    website: 'TEXT',
    nip05: 'TEXT',
    lud06: 'TEXT',
    lud16: 'TEXT',
    bot: 'INTEGER',
    birthday: 'TEXT',
  },
  key: ['pubkey'],
  toValues(event) {
    const profile = parseProfile(event);
    const { name, displayName, about, picture, banner, website, nip05, lud06, lud16, bot, birthday } = profile;
    const texts = [name, displayName, about, picture, banner, website, nip05, lud06, lud16];
    return [
      event.pubkey,
      ...texts.map((text) => text ?? null),
      bot === undefined ? null : Number(bot),
      birthday ? JSON.stringify(birthday) : null,
    ];
  },
});

/** The profile of somebody, or undefined. */
export async function getProfile(queryable: Queryable, pubkey: string): Promise<ProfileRow | undefined> {
  const [row] = await findByPubkeys<Row>(queryable, select, [pubkey]);
  return row && toProfile(row);
}

/** The profiles of many, by pubkey; those who have none are not in it. */
export async function getProfiles(
  queryable: Queryable,
  pubkeys: readonly string[],
): Promise<ReadonlyMap<string, ProfileRow>> {
  const rows = await findByPubkeys<Row>(queryable, select, pubkeys);
  return new Map(rows.map((row) => [row.pubkey, toProfile(row)]));
}

const select = 'SELECT * FROM view_profile';

interface Row {
  readonly pubkey: string;
  readonly name: string | null;
  readonly display_name: string | null;
  readonly about: string | null;
  readonly picture: string | null;
  readonly banner: string | null;
  readonly website: string | null;
  readonly nip05: string | null;
  readonly lud06: string | null;
  readonly lud16: string | null;
  readonly bot: number | null;
  readonly birthday: string | null;
  readonly event_id: string;
  readonly created_at: number;
}

function toProfile(row: Row): ProfileRow {
  const { display_name, bot, birthday, event_id, created_at, pubkey, ...texts } = row;
  const profile: { -readonly [Name in keyof ProfileRow]: ProfileRow[Name] } = { pubkey, eventId: event_id, created_at };
  for (const name of ['name', 'about', 'picture', 'banner', 'website', 'nip05', 'lud06', 'lud16'] as const) {
    const text = texts[name];
    if (text !== null) profile[name] = text;
  }
  if (display_name !== null) profile.displayName = display_name;
  if (bot !== null) profile.bot = bot === 1;
  if (birthday !== null) profile.birthday = JSON.parse(birthday) as NonNullable<Profile['birthday']>;
  return profile;
}
