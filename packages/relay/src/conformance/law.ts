import assert from 'node:assert/strict';
import type { NostrEvent } from '@nostrata/protocol';
import { createEventBuilder, type EventBuilder, type TestClient } from '@nostrata/testing';
import type { TestRelay } from './test-relay.ts';

/** Where a law is checked: a relay that others use too, a fresh client, and authors of its own. */
export interface World {
  readonly relay: TestRelay;
  readonly client: TestClient;
  /** An author that only this law knows; its events are dated shortly before now, each a second after the last. */
  author(name: string): EventBuilder;
}

/** One sentence about the behaviour of a relay that is true, and how to see it. */
export interface Law {
  readonly name: string;
  check(world: World): Promise<void>;
}

/** Creates the world of one law. */
export function createWorld(law: string, relay: TestRelay, client: TestClient): World {
  const startSeconds = Math.floor(Date.now() / 1_000) - 1_000;
  return { relay, client, author: (name) => createEventBuilder(`${law} ${name}`, startSeconds) };
}

/** Publishes and insists on a positive answer. */
export async function publishAll(client: TestClient, ...events: readonly NostrEvent[]): Promise<void> {
  for (const event of events) {
    const answer = await client.publish(event);
    assert.ok(answer.ok, `${event.id} was refused: ${answer.message}`);
  }
}

/** Publishes and insists on a refusal that begins with the prefix. */
export async function assertRefused(client: TestClient, event: NostrEvent, prefix: string): Promise<void> {
  const { ok, message } = await client.publish(event);
  assert.equal(ok, false, `${event.id} was accepted`);
  assert.ok(message.startsWith(`${prefix}: `), `${JSON.stringify(message)} does not begin with ${prefix}`);
}

/** Asks and insists on exactly these events, in this order. */
export async function assertFound(
  client: TestClient,
  filters: readonly object[],
  expected: readonly NostrEvent[],
): Promise<void> {
  const { events, eose, closed } = await client.request('found', filters);
  assert.ok(eose, `CLOSED: ${closed}`);
  assert.deepEqual(
    events.map(({ id }) => id),
    expected.map(({ id }) => id),
  );
}

/** Authenticates an author on the client's connection. */
export async function authenticate(client: TestClient, author: EventBuilder, url: string): Promise<void> {
  const challenge = await client.challenge();
  await authenticateWith(client, author, { challenge, url });
}

/** Authenticates with a challenge that was read before. */
export async function authenticateWith(
  client: TestClient,
  author: EventBuilder,
  { challenge, url }: { readonly challenge: string; readonly url: string },
): Promise<void> {
  const answer = await client.auth(author.authentication(challenge, url, { created_at: nowSeconds() }));
  assert.deepEqual(answer, { ok: true, message: '' });
}

/** The machine's time in seconds. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
