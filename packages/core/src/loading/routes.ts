import type { Plan } from '@nostrata/network';
import type { Filter } from '@nostrata/protocol';

/** The part of the routes that loading needs. */
export interface ReadRoutes {
  forRead(filters: readonly Filter[], options?: { readonly hints?: readonly string[] }): Promise<Plan>;
}
