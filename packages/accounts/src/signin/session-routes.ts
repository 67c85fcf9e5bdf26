import { type Caller, callerOf, defineAction, type HttpRequest, type HttpRoute, Problem, Reply } from '@nostrata/http';
import { z } from 'zod';
import { toIso } from '../times.ts';
import { meSchema, sessionSchema, signedInSchema } from './answers.ts';
import { replySignedIn } from './reply.ts';
import type { SignIn } from './sign-in.ts';

const group = 'Sign in';

/** Routes for who is signed in. */
export function createSessionRoutes(signIn: SignIn): HttpRoute[] {
  return [meRoute(signIn), refreshRoute(signIn), logoutRoute(signIn), ...listRoutes(signIn)];
}

function meRoute({ answers }: SignIn): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/auth/me',
    operation: 'getMe',
    group,
    summary: 'Who is signed in',
    description:
      'The user that the credentials belong to, what they may do now, and the CSRF token of a session in a cookie.',
    access: { kind: 'user', scope: 'account:read' },
    answer: meSchema,
    async handle({ request, caller }) {
      const me = await answers.meOf(callerOf({ caller }), request);
      if (me === undefined) throw new Problem(401, 'sign-in', 'this account is no longer there');
      return me;
    },
  });
}

function refreshRoute(signIn: SignIn): HttpRoute {
  const { sessions, cookies } = signIn;
  return defineAction({
    method: 'POST',
    path: '/api/v1/auth/refresh',
    operation: 'refreshSession',
    group,
    summary: 'The next token of a session',
    description:
      'The token before it is good for another minute; whoever uses it later ends the session for everybody, as one of the two must have stolen it. Sessions last 30 days from the last refresh, 90 at most.',
    access: { kind: 'user' },
    body: z.strictObject({}),
    answer: signedInSchema,
    problems: { 400: 'no-session', 401: 'bad-session' },
    async handle({ request, caller }) {
      sessionOf(callerOf({ caller }));
      const cookie = cookies.read(request);
      const token = cookie ?? request.header('authorization')?.replace(/^\S+ +/, '') ?? '';
      const { opened, user } = await sessions.refresh(token);
      return await replySignedIn(signIn, { opened, user, isCookie: cookie !== undefined });
    },
  });
}

function logoutRoute({ sessions, cookies }: SignIn): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/auth/logout',
    operation: 'logOut',
    group,
    summary: 'End this session',
    description: 'Its tokens are good for nothing from now on.',
    access: { kind: 'user' },
    body: z.strictObject({}),
    answer: z.undefined(),
    problems: { 400: 'no-session' },
    async handle({ request, caller }) {
      const asking = callerOf({ caller });
      await sessions.end(asking.userId, sessionOf(asking));
      return new Reply<undefined>({ status: 204, cookies: isInCookie(cookies, request) ? [cookies.clear()] : [] });
    },
  });
}

function listRoutes({ sessions }: SignIn): HttpRoute[] {
  return [
    defineAction({
      method: 'GET',
      path: '/api/v1/auth/sessions',
      operation: 'listSessions',
      group,
      summary: 'Where you are signed in',
      description: 'The session used last comes first.',
      access: { kind: 'user' },
      answer: z.object({ items: z.array(sessionSchema) }),
      async handle({ caller }) {
        const { userId, credential } = callerOf({ caller });
        const items = (await sessions.list(userId)).map((session) => ({
          id: session.id,
          method: session.method,
          agent: session.agent,
          address: session.address,
          createdAt: toIso(session.createdMs),
          usedAt: toIso(session.usedMs),
          expiresAt: toIso(session.expiresMs),
          isCurrent: session.id === credential,
        }));
        return { items };
      },
    }),
    defineAction({
      method: 'DELETE',
      path: '/api/v1/auth/sessions/:id',
      operation: 'revokeSession',
      group,
      summary: 'End one of your sessions',
      description: 'Its tokens are good for nothing from now on.',
      access: { kind: 'user' },
      parameters: z.object({ id: z.string().regex(/^ses_[0-9A-Za-z]{20}$/, 'is no id of a session') }),
      answer: z.undefined(),
      problems: { 404: 'not-found' },
      async handle({ parameters, caller }) {
        await sessions.revoke(callerOf({ caller }).userId, parameters.id);
        return undefined;
      },
    }),
    defineAction({
      method: 'DELETE',
      path: '/api/v1/auth/sessions',
      operation: 'revokeOtherSessions',
      group,
      summary: 'End all your other sessions',
      description: 'The one that asks stays.',
      access: { kind: 'user' },
      answer: z.object({ revoked: z.int() }),
      async handle({ caller }) {
        const { userId, credential } = callerOf({ caller });
        return { revoked: await sessions.revokeOthers(userId, credential) };
      },
    }),
  ];
}

/** @throws Problem 400 where the request was let in by something that is no session */
function sessionOf({ by, credential }: Caller): string {
  if (by !== 'session') throw new Problem(400, 'no-session', 'this request was not made in a session');
  return credential;
}

function isInCookie(cookies: SignIn['cookies'], request: HttpRequest): boolean {
  return cookies.read(request) !== undefined;
}
