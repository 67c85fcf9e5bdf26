import { relayRoutes } from './relay-routes.ts';
import type { Route } from './route.ts';
import { seriesRoutes } from './series-routes.ts';
import { snapshotRoutes } from './snapshot-routes.ts';

/** All routes that answer with figures; where two fit a path, the first counts. */
export const routes: readonly Route[] = [...snapshotRoutes, ...seriesRoutes, ...relayRoutes];
