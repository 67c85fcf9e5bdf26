import assert from 'node:assert/strict';
import type { EventBuilder } from '@nostrata/testing';
import { assertFound, authenticate, authenticateWith, type Law, nowSeconds, publishAll, type World } from './law.ts';

/** Sends an AUTH that is right but for what `change` does, and insists on a refusal. */
async function assertAuthRefused(
  { client, relay, author }: World,
  change: (author: EventBuilder, right: { challenge: string; url: string }) => ReturnType<EventBuilder['event']>,
): Promise<void> {
  const challenge = await client.challenge();
  const event = change(author('somebody'), { challenge, url: relay.url });
  const { ok, message } = await client.auth(event);
  assert.equal(ok, false);
  assert.match(message, /^invalid: /);
}

const writesAndReads = (who: string, isKnown: boolean): readonly Law[] => {
  const prepare = async ({ client, relay, author }: World) => {
    const writer = author('writer');
    if (isKnown) await authenticate(client, writer, relay.url);
    return { writer, other: author('other') };
  };
  return [
    {
      name: `${who} can write an own event`,
      async check(world) {
        const { writer } = await prepare(world);
        await publishAll(world.client, writer.note('my own'));
      },
    },
    {
      name: `${who} can read an own event back`,
      async check(world) {
        const { writer } = await prepare(world);
        const event = writer.note('my own');
        await publishAll(world.client, event);
        await assertFound(world.client, [{ ids: [event.id] }], [event]);
      },
    },
    {
      name: `${who} can write somebody else's event`,
      async check(world) {
        const { other } = await prepare(world);
        await publishAll(world.client, other.note("somebody else's"));
      },
    },
    {
      name: `${who} can read somebody else's event back`,
      async check(world) {
        const { other } = await prepare(world);
        const event = other.note("somebody else's");
        await publishAll(world.client, event);
        await assertFound(world.client, [{ authors: [other.pubkey] }], [event]);
      },
    },
  ];
};

/** NIP-42 and what it guards. */
export const authenticationLaws: readonly Law[] = [
  {
    name: 'a client is sent a challenge when it connects',
    check: async ({ client }) => assert.match(await client.challenge(), /^[0-9a-f]{32}$/),
  },
  {
    name: 'AUTH with another kind than 22242 is refused',
    check: (world) =>
      assertAuthRefused(world, (author, { challenge, url }) =>
        author.authentication(challenge, url, { kind: 22241, created_at: nowSeconds() }),
      ),
  },
  {
    name: 'AUTH for another relay is refused',
    check: (world) =>
      assertAuthRefused(world, (author, { challenge }) =>
        author.authentication(challenge, 'wss://relay.example.com/', { created_at: nowSeconds() }),
      ),
  },
  {
    name: 'AUTH with another challenge is refused',
    check: (world) =>
      assertAuthRefused(world, (author, { url }) =>
        author.authentication('0'.repeat(32), url, { created_at: nowSeconds() }),
      ),
  },
  {
    name: 'AUTH dated an hour ago is refused',
    check: (world) =>
      assertAuthRefused(world, (author, { challenge, url }) =>
        author.authentication(challenge, url, { created_at: nowSeconds() - 3_600 }),
      ),
  },
  {
    name: 'a pubkey that was never seen here can authenticate',
    check: ({ client, relay, author }) => authenticate(client, author('newcomer'), relay.url),
  },
  {
    name: 'a pubkey that has written here can authenticate, and another one after it on the same connection',
    async check({ client, relay, author }) {
      const known = author('known');
      await publishAll(client, known.note('I have been here'));
      const challenge = await client.challenge();
      await authenticateWith(client, known, { challenge, url: relay.url });
      await authenticateWith(client, author('second'), { challenge, url: relay.url });
    },
  },
  ...writesAndReads('an unknown client', false),
  ...writesAndReads('an authenticated client', true),
  {
    name: 'direct messages of kind 4 need AUTH and go to author and recipient alone',
    async check({ client, relay, author }) {
      const [sender, recipient, stranger] = [author('sender'), author('recipient'), author('stranger')];
      const message = sender.event({ kind: 4, tags: [['p', recipient.pubkey]], content: 'secret' });
      await publishAll(client, message);
      const filter = { kinds: [4], '#p': [recipient.pubkey] };
      assert.match((await client.request('dm', [filter])).closed ?? '', /^auth-required: /);
      await assertFound(client, [{ ids: [message.id] }], []);
      const challenge = await client.challenge();
      await authenticateWith(client, stranger, { challenge, url: relay.url });
      await assertFound(client, [filter], []);
      await authenticateWith(client, recipient, { challenge, url: relay.url });
      await assertFound(client, [filter], [message]);
    },
  },
  {
    name: 'gift wraps need AUTH and go to their recipient alone, not even to the key that signed them',
    async check({ client, relay, author }) {
      const [signer, recipient] = [author('random key'), author('recipient')];
      const wrap = signer.event({ kind: 1059, tags: [['p', recipient.pubkey]], content: 'sealed' });
      await publishAll(client, wrap);
      const filter = { kinds: [1059], '#p': [recipient.pubkey] };
      assert.match((await client.request('wraps', [filter])).closed ?? '', /^auth-required: /);
      const challenge = await client.challenge();
      await authenticateWith(client, signer, { challenge, url: relay.url });
      await assertFound(client, [filter], []);
      await authenticateWith(client, recipient, { challenge, url: relay.url });
      await assertFound(client, [filter], [wrap]);
    },
  },
];
