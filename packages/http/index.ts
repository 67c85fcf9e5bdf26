export { type ActionParts, type Asked, callerOf, defineAction, Reply, type ReplyParts } from './src/action.ts';
export { createHttpApi, type HttpApi, type HttpApiOptions } from './src/api.ts';
export { type Body, chooseEncoding, createBody, type Encoding, type Variant } from './src/bodies.ts';
export type {
  Access,
  ApiSection,
  Authenticate,
  Caller,
  CallerRole,
  Clock,
  Credentials,
  HttpLogger,
  HttpMetrics,
  HttpRequest,
  HttpRoute,
  Json,
  Method,
  Operation,
  Origin,
  Parameter,
  RateTier,
} from './src/contract.ts';
export { createDocsRoutes, createDocument, type DocsOptions } from './src/docs-routes.ts';
export { createOutgoing, type OutgoingOptions } from './src/guarded.ts';
export { addressToCount } from './src/limiter.ts';
export type { Lookup } from './src/lookup.ts';
export type { OpenApi, OpenApiOptions } from './src/open-api.ts';
export {
  type Outgoing,
  OutgoingError,
  type OutgoingFault,
  type OutgoingReply,
  type OutgoingRequest,
} from './src/outgoing.ts';
export { describeParameters, readParameters } from './src/parameters.ts';
export { pathNames } from './src/paths.ts';
export { Problem, type ProblemSaying, type ProblemStatus } from './src/problem.ts';
export { renderApiReference } from './src/reference.ts';
export { type SendOptions, sendBody } from './src/sending.ts';
export { defaultHttpSettings, type HttpSettings } from './src/settings.ts';
export { within } from './src/within.ts';
