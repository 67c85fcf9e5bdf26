import { InvalidError, type NostrEvent, parseEvent } from '@nostrata/protocol';

/** Says whether id and signature of an event are right; `verifyEvent` of the protocol, or something faster. */
export type CheckSignature = (event: NostrEvent) => boolean;

/** The event that a value holds, or one sentence about why it holds none. */
export function readEvent(value: unknown): NostrEvent | string {
  try {
    return parseEvent(value);
  } catch (error) {
    if (error instanceof InvalidError) return error.message;
    throw error;
  }
}

/** The value of a tag that stands there exactly once; undefined where it does not, or has none. */
export function singleTag({ tags }: Pick<NostrEvent, 'tags'>, name: string): string | undefined {
  const found = tags.filter((tag) => tag[0] === name);
  return found.length === 1 ? found[0]?.[1] : undefined;
}

/** Whether there is a tag of that name at all. */
export function hasTag({ tags }: Pick<NostrEvent, 'tags'>, name: string): boolean {
  return tags.some((tag) => tag[0] === name);
}
