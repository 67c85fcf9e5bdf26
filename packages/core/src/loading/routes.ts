import type { Plan } from '@nostrata/network';
import type { Filter } from '@nostrata/protocol';

/** Where to ask beside and instead of the routes' choice. */
export interface RouteOptions {
  readonly hints?: readonly string[];
  /** Only the lookup relays. */
  readonly isLookup?: boolean;
}

/** The part of the routes that loading needs. */
export interface ReadRoutes {
  forRead(filters: readonly Filter[], options?: RouteOptions): Promise<Plan>;
}
