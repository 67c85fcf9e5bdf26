import type { Policy, Rejection } from '../contract.ts';
import { createTokenBuckets, type Rate } from './token-buckets.ts';

const slowDown: Rejection = {
  prefix: 'rate-limited',
  message: 'this author publishes too fast, slow down',
  by: 'pubkey rate',
};

/**
 * Bounds how fast clients hand in the events of one author. The author is charged only for events whose signature is
 * good, or anybody could use up his rate with forgeries; an author who has none left is refused before the signature.
 */
export function createPubkeyRatePolicy(rate: Rate, now: () => number): Policy {
  const buckets = createTokenBuckets(rate, now);
  return {
    name: 'pubkey rate',
    check: ({ pubkey }, { via }) => (via !== 'client' || buckets.has(pubkey) ? null : slowDown),
    checkVerified: ({ pubkey }, { via }) => (via !== 'client' || buckets.take(pubkey) ? null : slowDown),
  };
}
