import { callerOf, defineAction, type HttpRoute, Problem } from '@nostrata/http';
import { z } from 'zod';
import { toIso } from '../times.ts';
import { meSchema, signedInSchema } from './answers.ts';
import { createLnurlRoutes } from './lnurl-routes.ts';
import { checkCookieWish, cookieField, fromOf, replySignedIn } from './reply.ts';
import { createSessionRoutes } from './session-routes.ts';
import type { SignIn } from './sign-in.ts';

const event = z.looseObject({}).describe('A signed event of kind 22242');

const group = 'Sign in';

/** All routes of sign-in. */
export function createSignInRoutes(signIn: SignIn): HttpRoute[] {
  return [
    challengeRoute(signIn),
    verifyRoute(signIn),
    signedRequestRoute(signIn),
    linkRoute(signIn),
    ...createLnurlRoutes(signIn),
    ...createSessionRoutes(signIn),
  ];
}

function challengeRoute({ challenges, place }: SignIn): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/auth/challenge',
    operation: 'createChallenge',
    group,
    summary: 'A challenge to sign',
    description:
      'Sign it within five minutes as an event of kind 22242 with the tags `challenge`, `relay` and `domain` as they are given here, and do not publish it.',
    access: { kind: 'anyone' },
    body: z.strictObject({}),
    answer: z.object({
      challenge: z.string(),
      relay: z.string(),
      domain: z.string(),
      kind: z.literal(22242),
      expiresAt: z.iso.datetime(),
    }),
    async handle() {
      const { challenge, expiresMs } = await challenges.create();
      const { relay, domain } = place;
      return { challenge, relay, domain, kind: 22242 as const, expiresAt: toIso(expiresMs) };
    },
  });
}

function verifyRoute(signIn: SignIn): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/auth/verify',
    operation: 'verifyChallenge',
    group,
    summary: 'Sign in with a signed challenge',
    description: 'Each challenge opens one session.',
    access: { kind: 'anyone' },
    body: z.strictObject({ event, cookie: cookieField }),
    answer: signedInSchema,
    problems: { 401: 'bad-event', 403: 'suspended' },
    async handle({ body, request }) {
      checkCookieWish(signIn, request, body.cookie);
      const { opened, user } = await signIn.verify(body.event, fromOf(request));
      return await replySignedIn(signIn, { opened, user, isCookie: body.cookie === true });
    },
  });
}

function signedRequestRoute(signIn: SignIn): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/auth/verify-nip98',
    operation: 'verifySignedRequest',
    group,
    summary: 'Sign in with a signed request',
    description:
      'A request that is signed as NIP-98 says, with a `payload` tag where it has a body. Such requests are also let in everywhere else, one by one.',
    access: { kind: 'user' },
    body: z.strictObject({ cookie: cookieField }),
    answer: signedInSchema,
    problems: { 401: 'bad-signed-request', 403: 'suspended' },
    async handle({ body, request, caller }) {
      const signer = callerOf({ caller });
      if (signer.by !== 'nip98') {
        const headers = { 'WWW-Authenticate': 'Nostr' };
        throw new Problem(401, 'bad-signed-request', { message: 'sign this request as NIP-98 says', headers });
      }
      checkCookieWish(signIn, request, body.cookie);
      const { opened, user } = await signIn.openFor(signer, fromOf(request));
      return await replySignedIn(signIn, { opened, user, isCookie: body.cookie === true });
    },
  });
}

function linkRoute({ challenges, links, answers }: SignIn): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/auth/link',
    operation: 'linkWallet',
    group,
    summary: 'Join a Lightning wallet and a key into one account',
    description:
      'A signed challenge with a tag `linking-key` that names the key of the wallet. Send it signed in with the wallet, or signed in with the key after the wallet signed a code for `link`.',
    access: { kind: 'user' },
    body: z.strictObject({ event }),
    answer: meSchema,
    problems: { 401: 'bad-event', 403: 'not-yours | wallet-not-asked', 409: 'linked | both-own' },
    async handle({ body, request, caller }) {
      const asking = callerOf({ caller });
      const user = await links.link(asking, await challenges.consume(body.event, 'link'));
      const me = await answers.meOf({ ...asking, userId: user.id }, request);
      if (me === undefined) throw new Problem(401, 'sign-in', 'this account is no longer there');
      return me;
    },
  });
}
