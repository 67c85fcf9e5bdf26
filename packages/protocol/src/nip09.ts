import { type Address, formatAddress } from './address.ts';
import { isHex64, type UnsignedEvent } from './event.ts';
import { Kind } from './kinds.ts';
import { readAddress } from './references.ts';
import { getTagValues } from './tags.ts';

/** What a deletion request asks for (kind 5, NIP-09). */
export interface DeletionRequest {
  /** Events by id. Only those of the same author may go, and no deletion requests: the reader has to look. */
  readonly ids: readonly string[];
  /** Addresses of the same author: every version up to the `created_at` of the request goes. */
  readonly addresses: readonly Address[];
  /** Why, in the author's words; may be empty. */
  readonly reason: string;
}

/** Reads a deletion request, each target once; other authors' addresses are left out. Null for other kinds. */
export function parseDeletionRequest(event: UnsignedEvent): DeletionRequest | null {
  if (event.kind !== Kind.deletionRequest) return null;
  const addressByText = new Map<string, Address>();
  for (const text of getTagValues(event, 'a')) {
    const address = readAddress(text);
    if (address?.pubkey === event.pubkey) addressByText.set(formatAddress(address), address);
  }
  return {
    ids: [...new Set(getTagValues(event, 'e').filter(isHex64))],
    addresses: [...addressByText.values()],
    reason: event.content,
  };
}
