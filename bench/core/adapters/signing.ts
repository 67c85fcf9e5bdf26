import { type NostrEvent, verifyEvent } from '@nostrata/protocol';
import { compareEvents, createSigner, signEvent } from '@nostrata/testing';

/** Signs for the user of the app. */
export interface UserKey {
  readonly pubkey: string;
  event(parts: Partial<NostrEvent> & { readonly kind: number }): NostrEvent;
}

/** The user's key from its hex digits. */
export function signWith(secretHex: string): UserKey {
  const secret = Buffer.from(secretHex, 'hex');
  const pubkey = Buffer.from(createSigner().getPublicKey(secret)).toString('hex');
  return {
    pubkey,
    event: ({ kind, content = '', tags = [], created_at = Math.floor(Date.now() / 1_000) }) =>
      signEvent({ pubkey, kind, content, tags, created_at }, secret),
  };
}

/** The newest genuine events, each once, the newest first. */
export function newestFirst(events: readonly NostrEvent[], limit = Number.POSITIVE_INFINITY): NostrEvent[] {
  const eventById = new Map<string, NostrEvent>();
  for (const event of [...events].sort(compareEvents)) {
    if (eventById.size >= limit) break;
    if (!eventById.has(event.id) && verifyEvent(event)) eventById.set(event.id, event);
  }
  return [...eventById.values()];
}

/** The name in the content of a profile. */
export function nameIn(content: string | undefined): string | undefined {
  return content === undefined ? undefined : (JSON.parse(content) as { name?: string }).name;
}

/** Waits at most so long; what is late gives undefined. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
