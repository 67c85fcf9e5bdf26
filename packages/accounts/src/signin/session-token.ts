import { Problem } from '@nostrata/http';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../contract.ts';
import { tokenCharactersMax } from './limits.ts';

/** What a token says; whether it still holds is in the row of the session. */
export interface TokenClaims {
  readonly sessionId: string;
  /** Who the session belonged to when the token was made. */
  readonly userId: string;
  readonly turn: number;
  readonly expiresMs: number;
}

/** What it is made of. */
export interface SessionTokensParts {
  readonly clock: Pick<Clock, 'now'>;
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly origin: string;
}

/** Makes and reads tokens of sessions. */
export interface SessionTokens {
  create(claims: TokenClaims): Promise<string>;
  /** @throws Problem 401 */
  read(token: string): Promise<Pick<TokenClaims, 'sessionId' | 'turn'>>;
}

/** Creates them: JWTs (RFC 7519) with HS256 and nothing else, from and for the origin of the installation. */
export function createSessionTokens({ clock, key, origin }: SessionTokensParts): SessionTokens {
  return {
    create: async ({ sessionId, userId, turn, expiresMs }) =>
      await new SignJWT({ sid: sessionId, turn })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuer(origin)
        .setAudience(origin)
        .setSubject(userId)
        .setIssuedAt(Math.floor(clock.now() / 1000))
        .setExpirationTime(Math.floor(expiresMs / 1000))
        .sign(key),
    async read(token) {
      if (token.length > tokenCharactersMax) throw refuse('the session token is too long to be one');
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          issuer: origin,
          audience: origin,
          requiredClaims: ['sub', 'sid', 'turn', 'iat', 'exp'],
          currentDate: new Date(clock.now()),
        });
        const { sid, turn } = payload;
        if (typeof sid !== 'string' || typeof turn !== 'number' || !Number.isSafeInteger(turn)) throw refuse(notOurs);
        return { sessionId: sid, turn };
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw refuse('the session has expired: sign in again', error);
        if (error instanceof errors.JOSEError) throw refuse(notOurs, error);
        throw error;
      }
    },
  };
}

const notOurs = 'the session token is not one of this server: sign in again';

function refuse(message: string, cause?: Error): Problem {
  return new Problem(401, 'bad-session', { message, cause, headers: { 'WWW-Authenticate': 'Bearer' } });
}
