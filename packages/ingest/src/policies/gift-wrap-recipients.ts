import { getTagValues, isHex64, Kind } from '@nostrata/protocol';
import type { Policy } from '../contract.ts';

/**
 * Takes a gift wrap (1059, 21059) only with exactly one recipient (NIP-59): several would tie them together for
 * everybody who reads the tags. Imports and our own events are exempt.
 */
export function createGiftWrapRecipientsPolicy(): Policy {
  return {
    name: 'gift wrap recipients',
    check(event, { via }) {
      if (event.kind !== Kind.giftWrap && event.kind !== Kind.ephemeralGiftWrap) return null;
      if (via === 'import' || via === 'own') return null;
      const recipients = getTagValues(event, 'p');
      if (recipients.length === 1 && isHex64(recipients[0])) return null;
      return { prefix: 'invalid', message: 'a gift wrap has exactly one recipient', by: 'gift wrap recipients' };
    },
  };
}
