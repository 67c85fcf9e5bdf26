/** Why a message was not sent. `unreachable`: somebody has no inbox relays; `unknown`: there is no such message here. */
export type MessageFault = 'unreachable' | 'unknown' | 'invalid';

/** A message was not sent, and nothing has left. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
  readonly fault: MessageFault;
  /** Who cannot be reached. */
  readonly pubkeys: readonly string[];

  constructor(fault: MessageFault, message: string, pubkeys: readonly string[] = []) {
    super(message);
    this.fault = fault;
    this.pubkeys = pubkeys;
  }
}
