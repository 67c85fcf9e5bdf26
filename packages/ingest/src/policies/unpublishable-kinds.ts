import { Kind } from '@nostrata/protocol';
import type { Policy } from '../contract.ts';

const reasonByKind: ReadonlyMap<number, string> = new Map([
  [Kind.authentication, 'events of kind 22242 are sent with AUTH and never published (NIP-42)'],
  [Kind.httpAuthentication, 'events of kind 27235 go into an HTTP header and are never published (NIP-98)'],
]);

/** Refuses proofs of identity as events, from anybody: whoever reads one could use it. */
export function createUnpublishableKindsPolicy(): Policy {
  return {
    name: 'unpublishable kinds',
    check({ kind }) {
      const message = reasonByKind.get(kind);
      return message === undefined ? null : { prefix: 'invalid', message, by: 'unpublishable kinds' };
    },
  };
}
