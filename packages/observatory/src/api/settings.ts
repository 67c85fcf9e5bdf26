import { listenersMax, listenersPerAddressMax, requestsMax, windowMs } from './limits.ts';

/** What the operator can choose for the API. */
export interface ApiSettings {
  /** Requests of one address in one window; 0 takes the limit away. */
  readonly requestsMax: number;
  readonly windowMs: number;
  /** Listeners to the live stream in all, and of one address. */
  readonly listenersMax: number;
  readonly listenersPerAddressMax: number;
  /** The version of the program, as the documentation shows it. */
  readonly version: string;
  /** Sentences of this installation for its documentation: what it collects, how often it computes. */
  readonly notes?: readonly string[] | undefined;
}

/** 100 requests per 15 minutes and address, 500 listeners, 5 of one address. */
export const defaultApiSettings: ApiSettings = {
  requestsMax,
  windowMs,
  listenersMax,
  listenersPerAddressMax,
  version: '0.1.0',
};
