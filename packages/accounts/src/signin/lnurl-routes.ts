import { defineAction, type HttpRoute, Problem, Reply } from '@nostrata/http';
import { z } from 'zod';
import { toIso } from '../times.ts';
import { signedInSchema } from './answers.ts';
import { pollSecretCharacters } from './limits.ts';
import { lnurlCallbackPath } from './lnurl.ts';
import { checkCookieWish, cookieField, fromOf, replySignedIn } from './reply.ts';
import type { SignIn } from './sign-in.ts';

const group = 'Sign in';

/** Routes for Lightning wallets. */
export function createLnurlRoutes(signIn: SignIn): HttpRoute[] {
  return [createRoute(signIn), callbackRoute(signIn), pollRoute(signIn)];
}

function createRoute({ lnurls }: SignIn): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/auth/lnurl',
    operation: 'createLnurl',
    group,
    summary: 'A code that a Lightning wallet signs',
    description:
      'Show `qr` as a QR code and keep `pollSecret`: whoever holds that gets the session, and it is in no code. For `link` sign in first.',
    access: { kind: 'anyone' },
    body: z.strictObject({ action: z.enum(['login', 'register', 'link', 'auth']).optional() }),
    answer: z.object({
      lnurl: z.string(),
      qr: z.string().describe('The same in upper case, which makes a smaller QR code'),
      url: z.string(),
      k1: z.string(),
      pollSecret: z.string(),
      expiresAt: z.iso.datetime(),
    }),
    problems: { 401: 'sign-in', 403: 'no-keys' },
    async handle({ body, caller }) {
      const { action = 'login' } = body;
      if (action === 'link' && caller === undefined)
        throw new Problem(401, 'sign-in', 'sign in first, then link a wallet');
      if (action === 'link' && caller?.by === 'api-key')
        throw new Problem(403, 'no-keys', 'API keys link no wallets: sign in');
      const { lnurl, url, k1, pollSecret, expiresMs } = await lnurls.create(
        action,
        action === 'link' ? caller?.userId : undefined,
      );
      return { lnurl, qr: lnurl.toUpperCase(), url, k1, pollSecret, expiresAt: toIso(expiresMs) };
    },
  });
}

/** Wallets read JSON with status 200, whatever happened (LUD-04), from pages of any origin. */
function callbackRoute({ lnurls }: SignIn): HttpRoute {
  const documented = defineAction({
    method: 'GET',
    path: lnurlCallbackPath,
    operation: 'receiveLnurl',
    group,
    summary: 'Where Lightning wallets answer',
    description: 'LUD-04: `{"status":"OK"}`, or `{"status":"ERROR","reason":"…"}`, always with HTTP status 200.',
    access: { kind: 'anyone' },
    // Nobody's limit should keep a wallet from answering; the signature check comes after a look-up of the code.
    isCounted: false,
    parameters: z.object({
      tag: z.string().describe('`login`'),
      k1: z.string().describe('As in the code'),
      action: z.string().describe('As in the code'),
      sig: z.string().describe('DER signature of the wallet over k1, in hex'),
      key: z.string().describe('Compressed public key of the wallet for this host, in hex'),
    }),
    answer: z.object({ status: z.enum(['OK', 'ERROR']), reason: z.string().optional() }),
    handle: async ({ request }) => toReply(await lnurls.receive(request.query)),
  });
  return {
    ...documented,
    async serve(request) {
      const headers = { ...request.headers, 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store' };
      return Response.json(toReply(await lnurls.receive(request.query)), { headers });
    },
  };
}

function toReply(fault: string | null): { status: 'OK' | 'ERROR'; reason?: string } {
  return fault === null ? { status: 'OK' } : { status: 'ERROR', reason: fault };
}

function pollRoute(signIn: SignIn): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/auth/lnurl-poll',
    operation: 'pollLnurl',
    group,
    summary: 'What became of a code',
    description:
      'Ask every few seconds until the state is another than `pending`. The first answer after the wallet signed has the session; of a code for `link` it is `verified` until the link is made.',
    access: { kind: 'anyone' },
    // A page asks a hundred times while somebody looks for their phone.
    isCounted: false,
    body: z.strictObject({
      pollSecret: z
        .string()
        .regex(new RegExp(`^[A-Za-z0-9_-]{${pollSecretCharacters}}$`), 'is not one that was given out'),
      cookie: cookieField,
    }),
    answer: z.union([
      z.object({ state: z.enum(['pending', 'expired']) }),
      z.object({ state: z.literal('verified'), linkingKey: z.string() }),
      signedInSchema.extend({ state: z.literal('signed-in') }),
    ]),
    problems: { 403: 'suspended | bad-origin' },
    async handle({ body, request }) {
      checkCookieWish(signIn, request, body.cookie);
      const outcome = await signIn.lnurls.poll(body.pollSecret, fromOf(request));
      if (outcome.state !== 'signed-in') return outcome;
      const { opened, user } = outcome;
      const { answer, cookies } = (await replySignedIn(signIn, { opened, user, isCookie: body.cookie === true })).parts;
      if (answer === undefined) return { state: 'expired' as const };
      return new Reply({ answer: { state: 'signed-in' as const, ...answer }, cookies });
    },
  });
}
