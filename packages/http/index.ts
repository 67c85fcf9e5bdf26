export { type ActionParts, type Asked, callerOf, defineAction, Reply, type ReplyParts } from './src/action.ts';
export { createHttpApi, type HttpApi, type HttpApiOptions } from './src/api.ts';
export type {
  Access,
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
export { createOutgoing, type Lookup, type OutgoingOptions } from './src/guarded.ts';
export {
  type Outgoing,
  OutgoingError,
  type OutgoingFault,
  type OutgoingReply,
  type OutgoingRequest,
} from './src/outgoing.ts';
export { Problem, type ProblemSaying, type ProblemStatus } from './src/problem.ts';
export { defaultHttpSettings, type HttpSettings } from './src/settings.ts';
