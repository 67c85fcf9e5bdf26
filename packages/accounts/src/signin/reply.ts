import { type HttpRequest, Reply } from '@nostrata/http';
import { z } from 'zod';
import type { signedInSchema } from './answers.ts';
import type { OpenedSession } from './sessions.ts';
import type { SignIn, SignInFrom } from './sign-in.ts';
import type { User } from './users.ts';

/** Whether the session is wanted as a cookie; a part of every body that signs in. */
export const cookieField = z.boolean().optional().describe('The session as a cookie of this browser, and no token');

/** Makes sure that only our own pages ask for a cookie. @throws Problem 403 */
export function checkCookieWish({ cookies }: SignIn, request: HttpRequest, cookie: boolean | undefined): void {
  if (cookie === true) cookies.checkOrigin(request);
}

/** Where a request comes from, for the list of sessions. */
export function fromOf(request: HttpRequest): SignInFrom {
  return { agent: request.header('user-agent') ?? '', address: request.address };
}

/** A session as its answer, and as a cookie where that was asked for. */
export async function replySignedIn(
  { answers, cookies }: SignIn,
  { opened, user, isCookie }: { readonly opened: OpenedSession; readonly user: User; readonly isCookie: boolean },
): Promise<Reply<z.output<typeof signedInSchema>>> {
  const answer = await answers.signedIn(opened, user, isCookie);
  return new Reply({ answer, cookies: isCookie ? [cookies.write(opened.token, opened.session.expiresMs)] : [] });
}
