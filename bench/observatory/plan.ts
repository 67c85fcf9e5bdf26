import { createHash } from 'node:crypto';
import { idPreimage, Kind, type Tag, type UnsignedEvent } from '@nostrata/protocol';
import { createSigner, generateDrafts, type SeededRandom } from '@nostrata/testing';

/** What is played to the program. */
export interface PlayOptions {
  readonly relays: number;
  /** Unique events. */
  readonly events: number;
  /** Unique events a minute; each is sent by about ten relays. */
  readonly perMinute: number;
}

/**
 * Events of the benchmark's data set as if they were published now, signed anew for it: one follows the other as fast
 * as they are going to be sent. What points at a note points at it under its new id.
 */
export function* signEvents({ events, perMinute }: PlayOptions, startSeconds: number): Generator<Buffer> {
  const signer = createSigner();
  const ids = new Set<string>();
  const idByDraft = new Map<string, string>();
  let index = 0;
  for (const { event, digest, secret } of generateDrafts({ seed: 1, events })) {
    const { pubkey, kind, content } = event;
    const tags = event.tags.map((tag) => retarget(tag, idByDraft));
    let created_at = startSeconds + Math.floor((index++ * 60) / perMinute);
    let fresh = hashEvent({ pubkey, created_at, kind, tags, content });
    // The same reaction of the same author within one second would be the same event.
    while (ids.has(fresh.toString('hex'))) fresh = hashEvent({ pubkey, created_at: ++created_at, kind, tags, content });
    const id = fresh.toString('hex');
    ids.add(id);
    if (kind === Kind.note) idByDraft.set(Buffer.from(digest).toString('hex'), id);
    const sig = Buffer.from(signer.sign(fresh, secret)).toString('hex');
    yield Buffer.from(JSON.stringify({ id, pubkey, created_at, kind, tags, content, sig }));
  }
}

function retarget(tag: Tag, idByDraft: ReadonlyMap<string, string>): Tag {
  const known = tag[0] === 'e' && tag[1] !== undefined ? idByDraft.get(tag[1]) : undefined;
  return known === undefined ? tag : ['e', known, ...tag.slice(2)];
}

function hashEvent(event: UnsignedEvent): Buffer {
  return createHash('sha256').update(idPreimage(event)).digest();
}

/** Chooses the relays of one event, between four and sixteen and about ten; the first ones are the most popular. */
export function chooseRelays(random: SeededRandom, relays: number): number[] {
  const count = Math.min(relays, 4 + random.integer(13));
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(Math.floor(random.next() ** 1.5 * relays));
  return [...chosen];
}
