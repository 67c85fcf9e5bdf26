import { defineAction, type HttpRoute, Problem, Reply } from '@nostrata/http';
import { z } from 'zod';
import type { Trust, TrustClock } from '../contract.ts';
import { TrustError } from '../errors.ts';
import { answerFreshMs, scoreTtlMs, similarMax } from '../limits.ts';
import { toNetworkAnswer, toScoreAnswer, toStanding } from './answers.ts';
import { pubkeyParameter } from './parameters.ts';
import { explanationAnswer, networkAnswer, pathAnswer, scoreAnswer, similarAnswer, verdictAnswer } from './schemas.ts';

/** What the routes are made of. */
export interface TrustRoutesParts {
  readonly trust: Pick<Trust, 'score' | 'verify' | 'network' | 'explain' | 'path' | 'similar'>;
  readonly clock: Pick<TrustClock, 'now'>;
}

const common = {
  method: 'GET',
  group: 'Trust',
  access: { kind: 'anyone', scope: 'trust:read' },
  problems: { 400: 'bad-parameter', 503: 'trust-unavailable' },
} as const;
const observer = pubkeyParameter.optional().describe('From whose point of view; hex, npub or nprofile.');
const pubkeyInPath = z.object({ pubkey: pubkeyParameter.describe('Whose; hex, npub or nprofile.') });

/** Creates the routes of the web of trust, `/api/v1/wot/…`: for anyone; an API key needs the scope `trust:read`. */
export function createTrustRoutes(parts: TrustRoutesParts): HttpRoute[] {
  return [...createScoreRoutes(parts), ...createGraphRoutes(parts)];
}

function createScoreRoutes({ trust, clock }: TrustRoutesParts): HttpRoute[] {
  return [
    defineAction({
      ...common,
      path: '/api/v1/wot/score/:pubkey',
      operation: 'getTrustScore',
      summary: 'How far an account is trusted',
      description: 'From the point of view of the anchors of this installation, or of an observer.',
      parameters: pubkeyInPath.extend({ observer }),
      answer: scoreAnswer,
      handle: ({ parameters: { pubkey, observer } }) =>
        toReply(clock, async () => toScoreAnswer(await trust.score(pubkey, { observer }))),
    }),
    defineAction({
      ...common,
      path: '/api/v1/wot/verify/:pubkey',
      operation: 'verifyTrust',
      summary: 'Whether an account has at least a score',
      description: 'As the anchors see it, or an observer.',
      parameters: pubkeyInPath.extend({
        observer,
        minScore: z.coerce.number().min(0).max(100).default(50).describe('0 to 100; 50 unless told.'),
      }),
      answer: verdictAnswer,
      handle: ({ parameters: { pubkey, minScore, observer } }) =>
        toReply(clock, async () => {
          const { score, ...verdict } = await trust.verify(pubkey, minScore, { observer });
          return { ...verdict, score: toScoreAnswer(score) };
        }),
    }),
    defineAction({
      ...common,
      path: '/api/v1/wot/explain/:pubkey',
      operation: 'explainTrust',
      summary: 'Why an account has its score',
      description:
        'Sentences, the followers that count most, and shortest paths: from the point of view of the anchors of this ' +
        'installation, or of an observer. Where it cannot be said anew, it is as it was last said, with a stale score.',
      parameters: pubkeyInPath.extend({ observer }),
      answer: explanationAnswer,
      handle: ({ parameters: { pubkey, observer } }) =>
        toReply(clock, async () => {
          const { score, reasons, followers, paths } = await trust.explain(pubkey, { observer });
          return {
            score: toScoreAnswer(score),
            reasons: [...reasons],
            followers: [...followers],
            paths: paths.map((path) => [...path]),
          };
        }),
    }),
  ];
}

function createGraphRoutes({ trust, clock }: TrustRoutesParts): HttpRoute[] {
  return [
    defineAction({
      ...common,
      path: '/api/v1/wot/network',
      operation: 'getTrustNetwork',
      summary: 'The whole web of trust in figures',
      description: 'Its size, how far the anchors reach, and who stand first.',
      answer: networkAnswer,
      handle: () => toReply(clock, async () => toNetworkAnswer(await trust.network())),
    }),
    defineAction({
      ...common,
      path: '/api/v1/wot/path',
      operation: 'getTrustPath',
      summary: 'A shortest chain of follows between two accounts',
      description: 'From one who follows to one who is followed, over as few others as possible.',
      parameters: z.object({
        from: pubkeyParameter.describe('Where it begins; hex, npub or nprofile.'),
        to: pubkeyParameter.describe('Where it ends; hex, npub or nprofile.'),
      }),
      answer: pathAnswer,
      handle: ({ parameters: { from, to } }) =>
        toReply(clock, async () => {
          const path = await trust.path(from, to);
          const known = toStanding(await trust.network());
          return { ...known, from, to, path: path && [...path], steps: path && path.length - 1 };
        }),
    }),
    defineAction({
      ...common,
      path: '/api/v1/wot/similar/:pubkey',
      operation: 'listSimilarAccounts',
      summary: 'Accounts that the same people follow',
      description:
        'The most similar first. With an observer only people count whom the observer follows, or whom those follow: ' +
        'fake followers make nobody similar.',
      parameters: pubkeyInPath.extend({
        observer,
        limit: z.coerce.number().int().min(1).max(similarMax).default(20).describe('How many; 20 unless told.'),
      }),
      answer: similarAnswer,
      handle: ({ parameters: { pubkey, limit, observer } }) =>
        toReply(clock, async () => {
          const { accounts, isApproximate } = await trust.similar(pubkey, limit, { observer });
          const known = toStanding(await trust.network());
          return { ...known, approximate: known.approximate || isApproximate, pubkey, items: [...accounts] };
        }),
    }),
  ];
}

/** An answer that others may keep for a moment, and never longer than it is good. */
async function toReply<Answer extends Dated | { readonly score: Dated }>(
  clock: Pick<TrustClock, 'now'>,
  load: () => Promise<Answer>,
): Promise<Reply<Answer>> {
  try {
    const answer = await load();
    const { asOf } = 'score' in answer ? answer.score : answer;
    const leftMs = Date.parse(asOf) + scoreTtlMs - clock.now();
    const seconds = Math.floor(Math.max(0, Math.min(answerFreshMs, leftMs)) / 1_000);
    return new Reply({ answer, headers: { 'Cache-Control': `public, max-age=${seconds}` } });
  } catch (error) {
    throw error instanceof TrustError ? toProblem(error) : error;
  }
}

interface Dated {
  readonly asOf: string;
}

function toProblem(error: TrustError): Problem {
  const { fault, message } = error;
  if (fault === 'argument') return new Problem(400, 'bad-parameter', { message, cause: error });
  return new Problem(503, 'trust-unavailable', { message, cause: error });
}
