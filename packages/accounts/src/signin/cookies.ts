import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Credentials, Problem } from '@nostrata/http';
import type { Clock } from '../contract.ts';
import { cookieCharactersMax } from './limits.ts';
import type { SignInPlace } from './settings.ts';

/** Sessions that browsers keep: a cookie that no script reads, and a token against requests that other pages make. */
export interface SessionCookies {
  /** The session token that a request carries in its cookie. @throws Problem 401 where there are several */
  read(request: Pick<Credentials, 'header'>): string | undefined;
  /** The line that sets the cookie. */
  write(token: string, expiresMs: number): string;
  /** The line that removes it. */
  clear(): string;
  /** What state-changing requests of this session carry in `X-CSRF-Token`. */
  csrfTokenOf(sessionId: string): string;
  /** @throws Problem 403 where a state-changing request does not come from our own pages */
  checkSource(request: Pick<Credentials, 'header' | 'method'>, sessionId: string): void;
  /** @throws Problem 403 where the page that asks for a cookie is not one of ours */
  checkOrigin(request: Pick<Credentials, 'header'>): void;
}

/** What it is made of. */
export interface SessionCookiesParts {
  readonly place: SignInPlace;
  readonly clock: Pick<Clock, 'now'>;
  /** 32 bytes. */
  readonly csrfKey: Uint8Array;
}

/** Creates them. */
export function createSessionCookies({ place, clock, csrfKey }: SessionCookiesParts): SessionCookies {
  // Browsers take the prefix only with Secure, which plain HTTP on this machine does not have.
  const name = place.isSecure ? '__Host-nostrata-session' : 'nostrata-session';
  const attributes = `Path=/; HttpOnly; SameSite=Lax${place.isSecure ? '; Secure' : ''}`;
  const csrfTokenOf = (sessionId: string): string =>
    createHmac('sha256', csrfKey).update(sessionId).digest('base64url');
  const checkOrigin = (request: Pick<Credentials, 'header'>): void => {
    if (request.header('origin') === place.origin) return;
    throw new Problem(403, 'bad-origin', `requests with a cookie come from pages of ${place.origin} alone`);
  };
  return {
    read(request) {
      const header = request.header('cookie')?.slice(0, cookieCharactersMax) ?? '';
      const values = header.split(';').flatMap((pair) => {
        const [key = '', ...rest] = pair.split('=');
        return key.trim() === name ? [rest.join('=').trim()] : [];
      });
      if (values.length > 1) throw new Problem(401, 'bad-session', 'the session cookie is there more than once');
      return values[0] === '' ? undefined : values[0];
    },
    write: (token, expiresMs) =>
      `${name}=${token}; ${attributes}; Max-Age=${Math.max(0, Math.floor((expiresMs - clock.now()) / 1000))}`,
    clear: () => `${name}=; ${attributes}; Max-Age=0`,
    csrfTokenOf,
    checkOrigin,
    checkSource(request, sessionId) {
      if (request.method === 'GET' || request.method === 'HEAD') return;
      checkOrigin(request);
      if (!isEqual(request.header('x-csrf-token') ?? '', csrfTokenOf(sessionId))) {
        throw new Problem(403, 'bad-csrf-token', 'send the csrfToken of the session in X-CSRF-Token');
      }
    },
  };
}

/** Takes as long for every wrong text of the right length. */
function isEqual(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
