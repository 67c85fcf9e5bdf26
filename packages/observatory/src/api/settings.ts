import { listenersMax, listenersPerAddressMax } from './limits.ts';

/** What the operator can choose for the figures. */
export interface ApiSettings {
  /** Listeners to the live stream in all, and of one address. */
  readonly listenersMax: number;
  readonly listenersPerAddressMax: number;
  /** The version of the program: other versions may write other answers. */
  readonly version: string;
}

/** 500 listeners, 5 of one address. */
export const defaultApiSettings: ApiSettings = { listenersMax, listenersPerAddressMax, version: '0.1.0' };
