import type { Database, Queryable } from '@nostrata/database';
import { type Authenticate, type Caller, Problem } from '@nostrata/http';
import { verifyEvent } from '@nostrata/protocol';
import type { AccountsMetrics, AuditLog, Clock, EntitlementReads, RandomBytes } from '../contract.ts';
import type { Secrets } from '../secrets.ts';
import { type Answers, createAnswers } from './answers.ts';
import { type AuthenticateKey, createAuthenticate } from './authenticate.ts';
import { type Challenges, createChallenges } from './challenges.ts';
import { createSessionCookies, type SessionCookies } from './cookies.ts';
import { createLinks, type Links } from './links.ts';
import { createLnurls, type Lnurls } from './lnurl.ts';
import { createSignedRequests } from './nip98.ts';
import { createSessionTokens } from './session-token.ts';
import { createSessions, type NewSession, type OpenedSession, type Sessions } from './sessions.ts';
import { readPlace, type SignInPlace, type SignInSettings } from './settings.ts';
import type { CheckSignature } from './signed-event.ts';
import { sweepSignIn } from './sweep.ts';
import { admit, createUsers, isAdmitted, type User } from './users.ts';

/** What it is made of. */
export interface SignInParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: RandomBytes;
  readonly audit: AuditLog;
  readonly secrets: Secrets;
  readonly settings: SignInSettings;
  readonly entitlements: Pick<EntitlementReads, 'entitlementsOf'>;
  /** Of the API keys. */
  readonly authenticateKey: AuthenticateKey;
  readonly metrics?: AccountsMetrics | undefined;
  /** Something faster than `verifyEvent` of the protocol, where there is. */
  readonly checkSignature?: CheckSignature | undefined;
}

/** Where a session is opened from. */
export type SignInFrom = Pick<NewSession, 'agent' | 'address'>;

/** Signing in, and finding out who makes a request. */
export interface SignIn {
  readonly authenticate: Authenticate;
  readonly place: SignInPlace;
  readonly answers: Answers;
  readonly challenges: Challenges;
  readonly cookies: SessionCookies;
  readonly links: Links;
  readonly lnurls: Lnurls;
  readonly sessions: Sessions;
  /** Signs in who signed a challenge. @throws Problem 401, 403 */
  verify(event: unknown, from: SignInFrom): Promise<{ readonly opened: OpenedSession; readonly user: User }>;
  /** Opens a session for who made a signed request. @throws Problem 401 */
  openFor(caller: Caller, from: SignInFrom): Promise<{ readonly opened: OpenedSession; readonly user: User }>;
  /** The id of the user of a pubkey, made where there is none. */
  findUser(transaction: Queryable, pubkey: string): Promise<string>;
  /** Gives the admins of the settings their role. Call it once at start, after the migrations. */
  appointAdmins(): Promise<void>;
  /** Removes what has expired; every few minutes is often enough. Says how many rows. */
  sweep(): Promise<number>;
}

/**
 * Creates it.
 * @throws RangeError where the settings are wrong
 */
export function createSignIn(parts: SignInParts): SignIn {
  const { database, clock, random, audit, secrets, entitlements, authenticateKey, metrics = {} } = parts;
  const place = readPlace(parts.settings);
  const checkSignature = parts.checkSignature ?? ((event) => verifyEvent(event) !== null);
  const users = createUsers({ clock, random, audit, admins: place.admins });
  const tokens = createSessionTokens({ clock, key: secrets.derive('session-token'), origin: place.origin });
  const sessions = createSessions({ database, clock, random, audit, tokens });
  const cookies = createSessionCookies({ place, clock, csrfKey: secrets.derive('csrf') });
  const challenges = createChallenges({ database, clock, random, place, checkSignature, metrics });
  const signedRequests = createSignedRequests({ database, clock, place, checkSignature, users, metrics });
  return {
    place,
    cookies,
    challenges,
    sessions,
    answers: createAnswers({ database, users, sessions, cookies, entitlements }),
    lnurls: createLnurls({ database, clock, random, place, users, sessions, metrics }),
    links: createLinks({ database, clock, audit, users }),
    authenticate: createAuthenticate({
      sessions,
      cookies,
      signedRequests,
      authenticateKey,
      entitlements,
    }),
    async verify(event, from) {
      const { pubkey } = await challenges.consume(event, 'sign-in');
      const { user, opened } = await database.transaction(async (transaction) => {
        const user = await users.findOrMake(transaction, { pubkey });
        const asked: NewSession = { ...from, userId: user.id, method: 'challenge' };
        return { user, opened: isAdmitted(user) ? await sessions.open(transaction, asked) : undefined };
      });
      admit(user);
      if (opened === undefined) throw new Error('somebody was let in without a session');
      metrics.signIn?.('challenge', 'ok');
      return { user, opened };
    },
    async openFor({ userId }, from) {
      const user = await users.find(database, userId);
      if (user === undefined) throw new Problem(401, 'sign-in', 'this account is no longer there');
      const asked: NewSession = { ...from, userId, method: 'nip98' };
      return { user, opened: await database.transaction((transaction) => sessions.open(transaction, asked)) };
    },
    findUser: async (transaction, pubkey) => (await users.findOrMake(transaction, { pubkey })).id,
    appointAdmins: async () => await users.appointAdmins(database),
    sweep: async () => await sweepSignIn(database, clock),
  };
}
