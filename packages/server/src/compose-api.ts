import type { Cache } from '@nostrata/cache';
import { DatabaseError } from '@nostrata/database';
import {
  type ApiSection,
  type Authenticate,
  createDocsRoutes,
  createHttpApi,
  defaultHttpSettings,
  type HttpApi,
  type HttpApiOptions,
  type HttpMetrics,
  Problem,
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
    explain: explainFailure,
    cache,
    clock: { now, after: afterTimeout },
    logger: parts.logger.child({ room: 'api' }),
    metrics,
    settings: httpSettings,
  });
}

/** A database that cannot do its work now is nobody's mistake, and asking again makes sense. */
function explainFailure(error: unknown): Problem | undefined {
  if (!(error instanceof DatabaseError)) return undefined;
  const { fault } = error;
  if (fault !== 'away' && fault !== 'busy' && fault !== 'full') return undefined;
  return new Problem(503, 'unavailable', { message: 'the database cannot answer now: try again', cause: error });
}
