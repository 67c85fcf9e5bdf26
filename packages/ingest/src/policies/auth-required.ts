import type { Policy } from '../contract.ts';

/** Takes events only from clients that have authenticated, as whomever (NIP-42). */
export function createAuthRequiredPolicy(): Policy {
  return {
    name: 'auth required',
    check(_event, { via, authenticated }) {
      if (via !== 'client' || (authenticated?.size ?? 0) > 0) return null;
      return { prefix: 'auth-required', message: 'only authenticated clients may publish here', by: 'auth required' };
    },
    // `auth_required` of NIP-11 means reading too.
    information: { limitation: { restricted_writes: true } },
  };
}
