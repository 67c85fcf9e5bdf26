import type { Cache } from '@nostrata/cache';
import {
  type ApiSection,
  type Authenticate,
  createDocsRoutes,
  createHttpApi,
  defaultHttpSettings,
  type HttpApi,
  type HttpApiOptions,
  type HttpMetrics,
} from '@nostrata/http';
import type { Logger } from 'pino';
import type { Settings } from './config/table.ts';
import { describeInstallation } from './http/documents.ts';
import { afterTimeout } from './timers.ts';

/** What the one API is put together of. */
export interface ApiParts {
  /** Of all rooms that answer in this process. */
  readonly sections: readonly (ApiSection | undefined)[];
  /** Left out where nobody can be known. */
  readonly authenticate?: Authenticate | undefined;
  readonly onAnswered?: HttpApiOptions['onAnswered'];
  readonly cache: Cache;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly metrics: HttpMetrics;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Puts the routes of all rooms and their documentation into one application. */
export function composeApi(parts: ApiParts): HttpApi {
  const sections = parts.sections.filter((section) => section !== undefined);
  const { settings, now, authenticate, onAnswered, cache, metrics } = parts;
  const anonymous = { ...defaultHttpSettings.anonymous, requestsMax: settings.rateLimit };
  const httpSettings = { ...defaultHttpSettings, anonymous };
  const documents = { ...describeInstallation(settings), settings: httpSettings };
  return createHttpApi({
    routes: [
      ...sections.flatMap(({ routes }) => routes),
      ...createDocsRoutes({ ...documents, sections, nowMs: now() }),
    ],
    authenticate,
    onAnswered,
    cache,
    clock: { now, after: afterTimeout },
    logger: parts.logger.child({ room: 'api' }),
    metrics,
    settings: httpSettings,
  });
}
