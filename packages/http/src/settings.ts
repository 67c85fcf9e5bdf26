import type { RateTier } from './contract.ts';
import { failuresUsual, requestsUsual, windowMsUsual } from './limits.ts';

/** What the operator can choose for the API. */
export interface HttpSettings {
  /** What an address may do that says nothing of who it is. */
  readonly anonymous: RateTier;
  /** Wrong credentials of one address in one window; `requestsMax` 0 takes that limit away. */
  readonly failures: RateTier;
}

/** 100 requests and 30 wrong credentials per 15 minutes and address. */
export const defaultHttpSettings: HttpSettings = {
  anonymous: { name: 'default', requestsMax: requestsUsual, windowMs: windowMsUsual },
  failures: { name: 'failures', requestsMax: failuresUsual, windowMs: windowMsUsual },
};
