import type { UnsignedEvent } from './event.ts';
import { Kind } from './kinds.ts';
import { listTitleCharactersMax } from './limits.ts';
import { getTagValue } from './tags.ts';
import { cutText, wholeText } from './text.ts';

/** A track or album that somebody likes, published as an event of its own, the way music applications once did. */
export interface Favorite {
  readonly type: 'track' | 'album';
  /** The application's id of the track or album, at most 300 characters. */
  readonly id: string;
  readonly title?: string | undefined;
  readonly artist?: string | undefined;
}

/**
 * Reads a favourite of kind 30001 (tracks) or 30002 (albums) in its three old forms: `d` with `t` = track or album,
 * a `trackId` or `feedId` tag, or JSON content. Null for everything else, so that relay sets and lists stay what they
 * are. New favourites are written as bookmark sets (kind 30003) with external ids (NIP-73).
 */
export function parseFavorite(event: UnsignedEvent): Favorite | null {
  if (event.kind !== Kind.genericSet && event.kind !== Kind.relaySet) return null;
  const fields = readFields(event.content);
  const found = readTyped(event) ?? readNamed((name) => getTagValue(event, name)) ?? readFromContent(fields);
  if (found === null) return null;
  return {
    ...found,
    title: cutText(getTagValue(event, 'title') ?? fields.title, listTitleCharactersMax),
    artist: cutText(getTagValue(event, 'artist') ?? fields.artist, listTitleCharactersMax),
  };
}

type Found = Pick<Favorite, 'type' | 'id'>;

function readTyped(event: UnsignedEvent): Found | null {
  return readFound(getTagValue(event, 't'), getTagValue(event, 'd'));
}

function readNamed(valueAt: (name: string) => unknown): Found | null {
  return readFound('track', valueAt('trackId')) ?? readFound('album', valueAt('feedId'));
}

function readFromContent(fields: Readonly<Record<string, unknown>>): Found | null {
  return readFound(fields.type, fields.id) ?? readNamed((name) => fields[name]);
}

function readFound(type: unknown, value: unknown): Found | null {
  const id = wholeText(value, listTitleCharactersMax);
  return id !== undefined && (type === 'track' || type === 'album') ? { type, id } : null;
}

function readFields(content: string): Readonly<Record<string, unknown>> {
  if (!content.startsWith('{')) return {};
  try {
    // An object, because the text begins with a brace.
    return JSON.parse(content) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
