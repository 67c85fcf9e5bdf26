import type { Database } from '@nostrata/database';
import type { Caller, HttpRequest } from '@nostrata/http';
import { encodeNpub } from '@nostrata/protocol';
import { z } from 'zod';
import type { EntitlementReads } from '../contract.ts';
import { toIso } from '../times.ts';
import type { SessionCookies } from './cookies.ts';
import type { OpenedSession, Session, Sessions } from './sessions.ts';
import type { User, Users } from './users.ts';

const time = z.iso.datetime();

/** Who is signed in and what they may do. */
export const meSchema = z.object({
  id: z.string(),
  pubkey: z.string().nullable(),
  npub: z.string().nullable(),
  linkingKeys: z.array(z.object({ key: z.string(), createdAt: time })),
  role: z.string(),
  state: z.string(),
  createdAt: time,
  plan: z.string(),
  entitlements: z.object({
    names: z.int(),
    domains: z.int(),
    apiKeys: z.int(),
    hooks: z.int(),
    scopes: z.array(z.string()),
    rate: z.object({ name: z.string(), requestsMax: z.int(), windowMs: z.int(), isFree: z.boolean().optional() }),
  }),
  session: z.object({ id: z.string(), method: z.string(), createdAt: time, expiresAt: time }).nullable(),
  csrfToken: z.string().nullable(),
});

/** A session that was opened or refreshed. */
export const signedInSchema = z.object({
  /** Null where the session is in a cookie. */
  token: z.string().nullable(),
  expiresAt: time,
  csrfToken: z.string().nullable(),
  user: meSchema,
});

/** One of the sessions of a user. */
export const sessionSchema = z.object({
  id: z.string(),
  method: z.string(),
  agent: z.string(),
  address: z.string(),
  createdAt: time,
  usedAt: time,
  expiresAt: time,
  isCurrent: z.boolean(),
});

type Me = z.output<typeof meSchema>;
type SignedIn = z.output<typeof signedInSchema>;

/** What it is made of. */
export interface AnswersParts {
  readonly database: Database;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly cookies: SessionCookies;
  readonly entitlements: Pick<EntitlementReads, 'entitlementsOf'>;
}

/** Writes the answers of sign-in. */
export interface Answers {
  me(user: User, session: Session | undefined, csrfToken: string | null): Promise<Me>;
  /** What a caller sees of themselves; undefined where the user is gone. */
  meOf(caller: Caller, request: Pick<HttpRequest, 'header'>): Promise<Me | undefined>;
  signedIn(opened: OpenedSession, user: User, isCookie: boolean): Promise<SignedIn>;
}

/** Creates them. */
export function createAnswers(parts: AnswersParts): Answers {
  const { database, users, sessions, cookies, entitlements } = parts;
  const me = async (user: User, session: Session | undefined, csrfToken: string | null): Promise<Me> => {
    const keys = await users.linkingKeysOf(database, user.id);
    const { plan, scopes, rate, names, domains, apiKeys, hooks } = await entitlements.entitlementsOf(user.id);
    return {
      id: user.id,
      pubkey: user.pubkey,
      npub: user.pubkey === null ? null : encodeNpub(user.pubkey),
      linkingKeys: keys.map(({ key, createdMs }) => ({ key, createdAt: toIso(createdMs) })),
      role: user.role,
      state: user.state,
      createdAt: toIso(user.createdMs),
      plan,
      entitlements: { names, domains, apiKeys, hooks, scopes: [...scopes], rate: { ...rate } },
      session: session === undefined ? null : toShort(session),
      csrfToken,
    };
  };
  return {
    me,
    async meOf(caller, request) {
      const user = await users.find(database, caller.userId);
      if (user === undefined) return undefined;
      const session = caller.by === 'session' ? await sessions.find(caller.credential) : undefined;
      const isCookie = session !== undefined && cookies.read(request) !== undefined;
      return await me(user, session, isCookie ? cookies.csrfTokenOf(session.id) : null);
    },
    async signedIn({ session, token }, user, isCookie) {
      const csrfToken = isCookie ? cookies.csrfTokenOf(session.id) : null;
      return {
        token: isCookie ? null : token,
        expiresAt: toIso(session.expiresMs),
        csrfToken,
        user: await me(user, session, csrfToken),
      };
    },
  };
}

function toShort({ id, method, createdMs, expiresMs }: Session): NonNullable<Me['session']> {
  return { id, method, createdAt: toIso(createdMs), expiresAt: toIso(expiresMs) };
}
