import { type ComponentChildren, createContext, type JSX } from 'preact';
import { useCallback, useContext, useEffect, useMemo, useState } from 'preact/hooks';
import { useSurroundings } from '../surroundings.ts';
import type { Me, SignedIn } from './answers.ts';
import { CallError, callApi } from './request.ts';

/** Who is signed in, as far as the page knows. */
export interface Session {
  /** `asking` until the server has said; `off` where this server has no accounts; `unknown` where it was not reached. */
  readonly state: 'asking' | 'out' | 'in' | 'off' | 'unknown';
  readonly me: Me | undefined;
  readonly csrfToken: string | null;
  /** Takes over what signing in gave. */
  enter(signedIn: SignedIn): void;
  /** The session is over; signing in again leads on. */
  forget(): void;
  /** Asks the server again who is signed in. */
  reload(): void;
}

const SessionContext = createContext<Session | undefined>(undefined);

/** The session, in a component. */
export function useSession(): Session {
  const found = useContext(SessionContext);
  if (!found) throw new Error('the application was started without a session');
  return found;
}

type State = Pick<Session, 'state' | 'me' | 'csrfToken'>;

const out: State = { state: 'out', me: undefined, csrfToken: null };

/** Asks once who is signed in, and tells everything below. Servers without accounts say so in the document. */
export function SessionProvider({ children }: { children: ComponentChildren }): JSX.Element {
  const { fetch, now } = useSurroundings();
  const hasAccounts = 'accounts' in document.documentElement.dataset;
  const [state, setState] = useState<State>({ ...out, state: hasAccounts ? 'asking' : 'off' });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!hasAccounts) return;
    const leaving = new AbortController();
    const ask = async (): Promise<State> => {
      const me = await callApi<Me>(fetch, '/auth/me', { signal: leaving.signal });
      if (!isOld(me, now())) return { state: 'in', me, csrfToken: me.csrfToken };
      const options = { method: 'POST', body: {}, csrfToken: me.csrfToken, signal: leaving.signal } as const;
      const { user, csrfToken } = await callApi<SignedIn>(fetch, '/auth/refresh', options);
      return { state: 'in', me: user, csrfToken };
    };
    ask().then(
      (known) => setState(known),
      (error: unknown) => {
        if (leaving.signal.aborted) return;
        const isOut = error instanceof CallError && error.status === 401;
        setState(isOut ? out : { ...out, state: 'unknown' });
      },
    );
    return () => leaving.abort();
  }, [fetch, now, hasAccounts, turn]);
  const enter = useCallback(({ user, csrfToken }: SignedIn): void => {
    setState({ state: 'in', me: user, csrfToken });
  }, []);
  const forget = useCallback((): void => setState(out), []);
  const session = useMemo(
    () => ({ ...state, enter, forget, reload: () => setTurn(turn + 1) }),
    [state, enter, forget, turn],
  );
  return <SessionContext.Provider value={session}>{children}</SessionContext.Provider>;
}

/** Sessions last thirty days from their last refresh: a page that is looked at often enough never asks to sign in again. */
function isOld({ session }: Me, nowMs: number): boolean {
  return session !== null && Date.parse(session.expiresAt) - nowMs < refreshBeforeMs;
}

/** What is left of a session when it is made anew: a day has passed then. */
const refreshBeforeMs = 29 * 86_400_000;
