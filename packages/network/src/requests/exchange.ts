import type { RelayMessage } from '@nostrata/protocol';

/** A message that belongs to a subscription id, or a NOTICE given to the one exchange that it can mean. */
export type ExchangeMessage =
  | Extract<RelayMessage, { readonly subId: string }>
  | Extract<RelayMessage, { type: 'NOTICE' }>;

/** Something that is asked of a relay under a subscription id and keeps that id until it is over: REQ, COUNT, NEG-OPEN. */
export interface Exchange {
  readonly verb: 'REQ' | 'COUNT' | 'NEG-OPEN';
  /** The frame that begins it. */
  open(subId: string): string;
  /** The frame that ends it, where the relay would go on. */
  close(subId: string): string | undefined;
  readonly isLive: boolean;
  /** True until its final answer has come; a live subscription has it at EOSE. */
  readonly isAwaited: boolean;
  /** True where something of the answer has come. */
  readonly hasAnswer: boolean;
  receive(message: ExchangeMessage): void;
  /** An event came that cannot be read. */
  malformed?(others?: number): void;
  /** It left just now. */
  sent(): void;
}
