import {
  answerNegentropy,
  type ClientMessage,
  createSyncItems,
  InvalidError,
  type NostrEvent,
  negErrorFrame,
  negMessageFrame,
  noticeFrame,
  type SyncItems,
} from '@nostrata/protocol';
import type { EventList } from './event-list.ts';
import type { RelayFaults } from './faults.ts';
import type { OpenLedger } from './ledger.ts';
import type { FrameOutbox } from './outbox.ts';

type NegotiationMessage = Extract<ClientMessage, { readonly type: `NEG-${string}` }>;

/** What the negentropy part needs of its connection. */
export interface NegotiationParts {
  readonly faults: () => RelayFaults;
  readonly ledger: () => OpenLedger;
  readonly list: EventList;
  readonly now: () => number;
  readonly holds: (event: NostrEvent) => boolean;
  readonly number: number;
  readonly outbox: FrameOutbox;
}

/** Creates the negentropy part of one connection (NIP-77). */
export function createNegotiations(talk: NegotiationParts): { handle(message: NegotiationMessage): void } {
  const { faults, ledger, list, outbox, number } = talk;
  const itemsBySubId = new Map<string, SyncItems>();

  const open = (message: NegotiationMessage & { readonly type: 'NEG-OPEN' }): void => {
    const { subId, filter } = message;
    ledger().negotiations.push({ atMs: talk.now(), connection: number, subId, filters: [filter] });
    const items = createSyncItems();
    for (const event of list.query([filter], faults(), talk.holds).reverse()) items.add(event.created_at, event.id);
    itemsBySubId.set(subId, items);
    answer(subId, items, message.message);
  };
  const answer = (subId: string, items: SyncItems, message: string): void => {
    try {
      outbox.send(negMessageFrame(subId, answerNegentropy(items, message, { frameBytesMax: 60_000 })));
    } catch (error) {
      if (!(error instanceof InvalidError)) throw error;
      outbox.send(negErrorFrame(subId, `invalid: ${error.message}`));
    }
  };
  return {
    handle(message) {
      const { silent, negentropy } = faults();
      if (silent || negentropy === 'silent') return;
      if (negentropy === 'off') return outbox.send(noticeFrame(`ERROR: bad msg: unknown cmd ${message.type}`));
      if (negentropy === 'refused') {
        if (message.type !== 'NEG-CLOSE') outbox.send(negErrorFrame(message.subId, 'blocked: not for everyone'));
        return;
      }
      if (message.type === 'NEG-OPEN') return open(message);
      if (message.type === 'NEG-CLOSE') return void itemsBySubId.delete(message.subId);
      const items = itemsBySubId.get(message.subId);
      if (items) answer(message.subId, items, message.message);
      else outbox.send(negErrorFrame(message.subId, 'closed: no such negotiation'));
    },
  };
}
