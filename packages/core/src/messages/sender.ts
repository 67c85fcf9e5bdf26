import type { Database, Queryable } from '@nostrata/database';
import { type EncryptingSigner, type NostrEvent, parseEvent, type Rumor, wrapRumor } from '@nostrata/protocol';
import type { Publication, PublishOptions } from '../contract.ts';
import { PublishError } from '../errors.ts';
import { MessageError } from './errors.ts';
import { inboxRelaysMax } from './limits.ts';
import { addOpened } from './sidecar.ts';

/** What sending needs. */
export interface SenderOptions {
  readonly database: Database;
  readonly nowSeconds: () => number;
  /** The inbox relays (kind 10050) of a person, asked of relays where that is due; none where there is no such list. */
  readonly loadInboxRelays: (pubkey: string) => Promise<readonly string[]>;
  readonly publish: (event: NostrEvent, options: PublishOptions) => Promise<Publication>;
  /** Whether the outbox has taken that event, be it settled since. */
  readonly isPublished: (id: string) => Promise<boolean>;
  readonly onFailed: (what: string, error: unknown) => void;
  readonly randomBytes?: ((bytes: number) => Uint8Array) | undefined;
}

/** A rumor and how to send it. */
export interface Outgoing {
  readonly rumor: Rumor;
  readonly signer: EncryptingSigner;
  /** Everybody in the room, the author too. */
  readonly room: readonly string[];
  readonly expiresAt?: number | undefined;
  readonly skipUnreachable?: boolean | undefined;
}

/** What became of a rumor. */
export interface Sent {
  readonly publications: ReadonlyMap<string, Publication>;
  readonly unreachable: readonly string[];
}

/** Sends rumors to everybody in a room. */
export interface Sender {
  /** Hands to the outbox what an earlier process had signed and not handed over. */
  start(): Promise<void>;
  send(outgoing: Outgoing): Promise<Sent>;
}

interface Wrapped {
  readonly recipient: string;
  readonly wrap: NostrEvent;
  readonly relays: readonly string[];
}

/** Makes the sender; `start` comes first. */
export function createSender(options: SenderOptions): Sender {
  const { database, nowSeconds, publish } = options;

  async function forget(wrapId: string): Promise<void> {
    await database.query('DELETE FROM core_message_unsent WHERE wrap_id = $1', [wrapId]);
  }

  /** To the outbox, which keeps it from then on. What it refuses it will never take: that is not tried again. */
  async function hand({ wrap, relays }: Omit<Wrapped, 'recipient'>): Promise<Publication> {
    try {
      const publication = await publish(wrap, { relays });
      await forget(wrap.id);
      return publication;
    } catch (error) {
      if (error instanceof PublishError) await forget(wrap.id);
      throw error;
    }
  }

  /** One wrap that fails does not hold up the others. */
  async function handAll(wrapped: readonly Wrapped[]): Promise<Map<string, Publication>> {
    const publications = new Map<string, Publication>();
    const errors: unknown[] = [];
    for (const one of wrapped) {
      try {
        publications.set(one.recipient, await hand(one));
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
    return publications;
  }

  /** The own copy is readable at once, and every wrap durable, before the first one leaves. */
  async function keep({ rumor, expiresAt }: Outgoing, wrapped: readonly Wrapped[]): Promise<void> {
    const viewer = rumor.pubkey;
    await database.transaction(async (transaction) => {
      for (const one of wrapped) {
        const wrapId = one.wrap.id;
        if (one.relays.length > 0) await insertUnsent(transaction, viewer, one);
        if (one.recipient !== viewer) continue;
        await addOpened(transaction, { wrapId, viewer, rumor, nowSeconds: nowSeconds(), expiresAt });
      }
    });
  }

  return {
    async start() {
      const rows = await database.query<{ event: string; relays: string }>(
        'SELECT event, relays FROM core_message_unsent ORDER BY wrap_id',
      );
      for (const { event, relays } of rows) {
        try {
          const wrap = parseEvent(JSON.parse(event));
          if (await options.isPublished(wrap.id)) await forget(wrap.id);
          else await hand({ wrap, relays: JSON.parse(relays) as string[] });
        } catch (error) {
          options.onFailed('messages', error);
        }
      }
    },
    async send(outgoing) {
      const { rumor, signer, room, expiresAt, skipUnreachable } = outgoing;
      if (expiresAt !== undefined && expiresAt <= nowSeconds())
        throw new MessageError('invalid', 'it has expired already');
      const relaysOf = await loadAllInboxes(room, options);
      const unreachable = room.filter((pubkey) => relaysOf.get(pubkey)?.length === 0);
      const others = unreachable.filter((pubkey) => pubkey !== rumor.pubkey);
      const isHopeless = others.length > 0 && others.length === room.length - 1;
      if (others.length > 0 && (isHopeless || !skipUnreachable)) {
        throw new MessageError('unreachable', `${others.length} of the room have no inbox relays (kind 10050)`, others);
      }
      const wrapped: Wrapped[] = [];
      for (const recipient of room) {
        const relays = relaysOf.get(recipient) ?? [];
        if (relays.length === 0 && recipient !== rumor.pubkey) continue;
        const { randomBytes } = options;
        const parts = { signer, recipient, nowSeconds: nowSeconds(), relay: relays[0], expiresAt, randomBytes };
        wrapped.push({ recipient, relays, wrap: await wrapRumor(rumor, parts) });
      }
      await keep(outgoing, wrapped);
      return { publications: await handAll(wrapped.filter(({ relays }) => relays.length > 0)), unreachable };
    },
  };
}

async function loadAllInboxes(room: readonly string[], { loadInboxRelays }: SenderOptions) {
  const loaded = await Promise.all(
    room.map(async (pubkey) => [pubkey, (await loadInboxRelays(pubkey)).slice(0, inboxRelaysMax)] as const),
  );
  return new Map<string, readonly string[]>(loaded);
}

async function insertUnsent(transaction: Queryable, viewer: string, { wrap, relays }: Wrapped): Promise<void> {
  await transaction.query('INSERT INTO core_message_unsent (wrap_id, viewer, event, relays) VALUES ($1, $2, $3, $4)', [
    wrap.id,
    viewer,
    JSON.stringify(wrap),
    JSON.stringify(relays),
  ]);
}
