import assert from 'node:assert/strict';
import type { Law } from './law.ts';

const claims = (nip: number, what: string): Law => ({
  name: `the information document claims NIP-${nip} (${what})`,
  check: async ({ relay }) => assert.ok(relay.relay.information().supported_nips.includes(nip)),
});

const doesNotClaim = (nip: number, what: string): Law => ({
  name: `the information document does not claim NIP-${nip} (${what}), which is not served here`,
  check: async ({ relay }) => assert.ok(!relay.relay.information().supported_nips.includes(nip)),
});

/** What the NIP-11 document says. */
export const informationLaws: readonly Law[] = [
  {
    name: 'there is an information document with limits and NIPs',
    async check({ relay }) {
      const { supported_nips, limitation } = relay.relay.information();
      assert.ok(supported_nips.includes(1));
      assert.equal(limitation.max_subid_length, 64);
      assert.equal(limitation.auth_required, false);
    },
  },
  claims(4, 'direct messages'),
  claims(9, 'deletion'),
  claims(11, 'information document'),
  doesNotClaim(26, 'delegation'),
  doesNotClaim(29, 'groups'),
  claims(40, 'expiration'),
  claims(42, 'AUTH'),
  claims(45, 'COUNT'),
  claims(50, 'search'),
  claims(59, 'gift wrap'),
  claims(65, 'relay lists'),
  doesNotClaim(94, 'file metadata'),
  doesNotClaim(96, 'file storage'),
];
