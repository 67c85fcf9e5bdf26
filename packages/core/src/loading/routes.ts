import type { Plan } from '@nostrata/network';
import type { Filter } from '@nostrata/protocol';

/** Where to ask beside and instead of the routes' choice. */
export interface RouteOptions {
  readonly hints?: readonly string[];
  /** Only the lookup relays. */
  readonly isLookup?: boolean;
  /** Filters that are about nobody go to the hints only, not to the default relays. */
  readonly isHinted?: boolean;
}

/** The part of the routes that loading needs. */
export interface ReadRoutes {
  forRead(filters: readonly Filter[], options?: RouteOptions): Promise<Plan>;
}
