import type { UnsignedEvent } from './event.ts';
import { profileAboutCharactersMax, profileNameCharactersMax, profileUrlCharactersMax } from './limits.ts';
import { cutText, wholeText } from './text.ts';

/**
 * A profile (kind 0, NIP-01 and NIP-24) as its author wrote it. URLs and addresses are plain text from outside: nothing
 * says that they are well formed, safe to open or the author's own.
 */
export interface Profile {
  readonly name?: string;
  readonly displayName?: string;
  readonly about?: string;
  readonly picture?: string;
  readonly banner?: string;
  readonly website?: string;
  /** `name@domain`, not yet asked for (NIP-05). */
  readonly nip05?: string;
  /** A bech32 LNURL (LUD-06). */
  readonly lud06?: string;
  /** A Lightning address (LUD-16). */
  readonly lud16?: string;
  /** The author says that a program writes here. */
  readonly bot?: boolean;
  readonly birthday?: Birthday;
}

/** A date of birth of which any part may be missing (NIP-24). */
export interface Birthday {
  readonly year?: number;
  /** 1–12. */
  readonly month?: number;
  /** 1–31. */
  readonly day?: number;
}

/**
 * Reads a profile. Never throws: content that is no JSON object gives a profile without fields, a field of the wrong
 * type is left out, names and `about` are cut at their limits, longer URLs are left out. The deprecated `displayName`
 * and `username` count where the fields that replaced them are missing.
 */
export function parseProfile(event: UnsignedEvent): Profile {
  const fields = readObject(event.content);
  const entries: [keyof Profile, Profile[keyof Profile]][] = [
    ['name', cutText(fields.name, profileNameCharactersMax) ?? cutText(fields.username, profileNameCharactersMax)],
    [
      'displayName',
      cutText(fields.display_name, profileNameCharactersMax) ?? cutText(fields.displayName, profileNameCharactersMax),
    ],
    ['about', cutText(fields.about, profileAboutCharactersMax)],
    ['picture', wholeText(fields.picture, profileUrlCharactersMax)],
    ['banner', wholeText(fields.banner, profileUrlCharactersMax)],
    ['website', wholeText(fields.website, profileUrlCharactersMax)],
    ['nip05', wholeText(fields.nip05, profileNameCharactersMax)],
    ['lud06', wholeText(fields.lud06, profileUrlCharactersMax)],
    ['lud16', wholeText(fields.lud16, profileNameCharactersMax)],
    ['bot', typeof fields.bot === 'boolean' ? fields.bot : undefined],
    ['birthday', readBirthday(fields.birthday)],
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Profile;
}

function readObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readBirthday(value: unknown): Birthday | undefined {
  if (!isObject(value)) return undefined;
  const year = readNumber(value.year, 9_999);
  const month = readNumber(value.month, 12);
  const day = readNumber(value.day, 31);
  if (year === undefined && month === undefined && day === undefined) return undefined;
  return { ...(year && { year }), ...(month && { month }), ...(day && { day }) };
}

function readNumber(value: unknown, max: number): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max ? value : undefined;
}
