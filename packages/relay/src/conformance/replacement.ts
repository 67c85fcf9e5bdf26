import type { EventBuilder, EventParts } from '@nostrata/testing';
import { assertFound, assertRefused, type Law, publishAll } from './law.ts';

type Make = (author: EventBuilder, parts: EventParts) => ReturnType<EventBuilder['event']>;

const makeProfile: Make = (author, parts) => author.profile({ name: 'somebody' }, parts);
const makeFollows: Make = (author, parts) => author.follows([author.pubkey], parts);
const makeReplaceable: Make = (author, parts) => author.event({ kind: 10_001, ...parts });
const makeAddressable: Make = (author, parts) => author.addressable(30_023, 'article', parts);

const accepts = (what: string, make: Make): Law => ({
  name: `${what} is accepted and found`,
  async check({ client, author }) {
    const event = make(author('writer'), {});
    await publishAll(client, event);
    await assertFound(client, [{ authors: [event.pubkey], kinds: [event.kind] }], [event]);
  },
});

const replaces = (what: string, make: Make): Law => ({
  name: `a newer ${what} removes the older one`,
  async check({ client, author }) {
    const writer = author('writer');
    const older = make(writer, { content: '{"version":1}' });
    const newer = make(writer, { content: '{"version":2}' });
    await publishAll(client, older, newer);
    await assertFound(client, [{ authors: [writer.pubkey] }], [newer]);
  },
});

const refusesOlder = (what: string, make: Make): Law => ({
  name: `an older ${what} is refused once a newer one is here, and a tie goes to the lowest id`,
  async check({ client, author }) {
    const writer = author('writer');
    const older = make(writer, { content: '{"version":1}' });
    const newer = make(writer, { content: '{"version":2}' });
    await publishAll(client, newer);
    await assertRefused(client, older, 'duplicate');
    const tie = make(writer, { content: '{"version":3}', created_at: newer.created_at });
    if (tie.id < newer.id) await publishAll(client, tie);
    else await assertRefused(client, tie, 'duplicate');
    await assertFound(client, [{ authors: [writer.pubkey] }], [tie.id < newer.id ? tie : newer]);
  },
});

/** Replaceable and addressable events. */
export const replacementLaws: readonly Law[] = [
  accepts('a profile', makeProfile),
  replaces('profile', makeProfile),
  accepts('a follow list', makeFollows),
  replaces('follow list', makeFollows),
  {
    name: 'a replaced event is not found by its id either',
    async check({ client, author }) {
      const writer = author('writer');
      const older = makeProfile(writer, {});
      const newer = makeProfile(writer, {});
      await publishAll(client, older, newer);
      await assertFound(client, [{ ids: [older.id] }], []);
    },
  },
  replaces('replaceable event', makeReplaceable),
  refusesOlder('replaceable event', makeReplaceable),
  replaces('addressable event', makeAddressable),
  refusesOlder('addressable event', makeAddressable),
  accepts('a replaceable event', makeReplaceable),
  {
    name: 'addressable events are found by their d tag, each identifier on its own',
    async check({ client, author }) {
      const writer = author('writer');
      const first = writer.addressable(30_023, 'first');
      const second = writer.addressable(30_023, 'second');
      await publishAll(client, first, second);
      const filter = { authors: [writer.pubkey], kinds: [30_023] };
      await assertFound(client, [{ ...filter, '#d': ['first'] }], [first]);
      await assertFound(client, [filter], [second, first]);
    },
  },
];

/** Deletion (NIP-09). */
export const deletionLaws: readonly Law[] = [
  {
    name: 'a deletion request removes events by id and stays itself',
    async check({ client, author }) {
      const writer = author('writer');
      const event = writer.note('regretted');
      await publishAll(client, event);
      const deletion = writer.deletion([event]);
      await publishAll(client, deletion);
      await assertFound(client, [{ ids: [event.id] }], []);
      await assertFound(client, [{ ids: [deletion.id] }], [deletion]);
    },
  },
  {
    name: 'a deletion request removes an addressable event by its address',
    async check({ client, author }) {
      const writer = author('writer');
      const event = writer.addressable(30_023, 'article');
      await publishAll(client, event, writer.deletionOfAddress(30_023, 'article'));
      await assertFound(client, [{ ids: [event.id] }], []);
    },
  },
  {
    name: 'a deletion request for an address leaves a version that is newer than itself',
    async check({ client, author }) {
      const writer = author('writer');
      const deletion = writer.deletionOfAddress(30_023, 'article');
      const newer = writer.addressable(30_023, 'article');
      await publishAll(client, newer, deletion);
      await assertFound(client, [{ ids: [newer.id] }], [newer]);
    },
  },
  {
    name: 'a deletion request for an address leaves other identifiers and kinds',
    async check({ client, author }) {
      const writer = author('writer');
      const otherIdentifier = writer.addressable(30_023, 'other');
      const otherKind = writer.addressable(30_024, 'article');
      await publishAll(client, otherIdentifier, otherKind, writer.deletionOfAddress(30_023, 'article'));
      await assertFound(client, [{ authors: [writer.pubkey], kinds: [30_023, 30_024] }], [otherKind, otherIdentifier]);
    },
  },
  {
    name: "nobody can delete somebody else's event by id",
    async check({ client, author }) {
      const event = author('writer').note('mine');
      const deletion = author('stranger').deletion([event]);
      await publishAll(client, event, deletion);
      await assertFound(client, [{ ids: [event.id] }], [event]);
    },
  },
  {
    name: "nobody can delete somebody else's event by address",
    async check({ client, author }) {
      const event = author('writer').addressable(30_023, 'article');
      const tags = [['a', `30023:${event.pubkey}:article`]];
      await publishAll(client, event, author('stranger').event({ kind: 5, tags, created_at: event.created_at + 10 }));
      await assertFound(client, [{ ids: [event.id] }], [event]);
    },
  },
  {
    name: 'an event that was deleted by id is refused when it is sent again',
    async check({ client, author }) {
      const writer = author('writer');
      const event = writer.note('regretted');
      await publishAll(client, event, writer.deletion([event]));
      await assertRefused(client, event, 'blocked');
    },
  },
  {
    name: 'a version from before the deletion of its address is refused',
    async check({ client, author }) {
      const writer = author('writer');
      const older = writer.addressable(30_023, 'article');
      await publishAll(client, writer.deletionOfAddress(30_023, 'article'));
      await assertRefused(client, older, 'blocked');
    },
  },
  {
    name: 'a version from after the deletion of its address is accepted',
    async check({ client, author }) {
      const writer = author('writer');
      await publishAll(client, writer.deletionOfAddress(30_023, 'article'));
      const newer = writer.addressable(30_023, 'article');
      await publishAll(client, newer);
      await assertFound(client, [{ ids: [newer.id] }], [newer]);
    },
  },
  {
    name: 'reactions to a deleted event stay, as their authors have not deleted them',
    async check({ client, author }) {
      const writer = author('writer');
      const event = writer.note('regretted');
      const reaction = author('reader').reaction(event);
      await publishAll(client, event, reaction, writer.deletion([event]));
      await assertFound(client, [{ '#e': [event.id], kinds: [7] }], [reaction]);
    },
  },
];
