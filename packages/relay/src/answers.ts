import type { Connection } from './connection.ts';
import type { Refusal } from './contract.ts';

/** Answers an EVENT or AUTH. */
export function sendOk(connection: Connection, id: string, refusal: Refusal | { readonly accepted: string }): void {
  const isAccepted = 'accepted' in refusal;
  const message = isAccepted ? refusal.accepted : `${refusal.prefix}: ${refusal.message}`;
  connection.outbox.send(`["OK",${JSON.stringify(id)},${isAccepted},${JSON.stringify(message)}]`);
}

/** Refuses or ends a REQ or COUNT. */
export function sendClosed(connection: Connection, id: string, { prefix, message }: Refusal): void {
  connection.outbox.send(JSON.stringify(['CLOSED', id, `${prefix}: ${message}`]));
}

/** Refuses or ends a sync session (NIP-77); `most` says how much would have been possible. */
export function sendNegErr(connection: Connection, id: string, refusal: Refusal & { readonly most?: number }): void {
  const { prefix, message, most } = refusal;
  const text = `${prefix}: ${message}`;
  connection.outbox.send(JSON.stringify(most === undefined ? ['NEG-ERR', id, text] : ['NEG-ERR', id, text, most]));
}

/** Says something that belongs to no request. */
export function sendNotice(connection: Connection, { prefix, message }: Refusal): void {
  connection.outbox.send(JSON.stringify(['NOTICE', `${prefix}: ${message}`]));
}
