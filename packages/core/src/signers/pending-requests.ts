import type { Clock } from '@nostrata/network';
import type { NostrEvent, RemoteResponse } from '@nostrata/protocol';
import { SignerError } from '../errors.ts';
import { authUrlDeadlineMs, pendingRequestsMax, reasonCharactersMax } from './limits.ts';

/** Requests to a remote signer whose answers have not come. */
export interface PendingRequests {
  /** The events that carry them, oldest first. */
  readonly events: readonly NostrEvent[];
  /** Waits for the answer to a request. @throws SignerError */
  add(id: string, event: NostrEvent, deadlineMs: number): Promise<string | null>;
  /** Takes an answer; false where nobody waits for it. */
  answer(response: RemoteResponse): boolean;
  fail(id: string, error: SignerError): void;
  failAll(error: SignerError): void;
}

interface Pending {
  readonly event: NostrEvent;
  readonly resolve: (result: string | null) => void;
  readonly reject: (error: SignerError) => void;
  /** Ends the waiting time that runs. */
  cancel(): void;
}

/** Creates an empty table. `onAuthUrl` is called with the page where the person has to sign in. */
export function createPendingRequests(clock: Clock, onAuthUrl: ((url: string) => void) | undefined): PendingRequests {
  const pendingById = new Map<string, Pending>();

  function take(id: string): Pending | undefined {
    const pending = pendingById.get(id);
    pending?.cancel();
    pendingById.delete(id);
    return pending;
  }

  function fail(id: string, error: SignerError): void {
    take(id)?.reject(error);
  }

  function startTimer(id: string, pending: Pending, deadlineMs: number): void {
    pending.cancel();
    pending.cancel = clock.after(deadlineMs, () => {
      fail(id, new SignerError('timeout', `remote signer did not answer within ${deadlineMs} ms`));
    });
  }

  function askPerson(id: string, pending: Pending, url: string): void {
    const scheme = URL.parse(url)?.protocol;
    if (scheme !== 'https:' && scheme !== 'http:') {
      return fail(id, new SignerError('invalid', 'remote signer named a page that is none'));
    }
    if (!onAuthUrl) return fail(id, new SignerError('unsupported', `remote signer wants a sign-in at ${url}`));
    startTimer(id, pending, authUrlDeadlineMs);
    onAuthUrl(url);
  }

  return {
    get events() {
      return Array.from(pendingById.values(), ({ event }) => event);
    },
    add(id, event, deadlineMs) {
      if (pendingById.size >= pendingRequestsMax) {
        const words = `${pendingRequestsMax} requests already wait for the remote signer`;
        return Promise.reject(new SignerError('unreachable', words));
      }
      return new Promise((resolve, reject) => {
        const pending: Pending = { event, resolve, reject, cancel: () => undefined };
        pendingById.set(id, pending);
        startTimer(id, pending, deadlineMs);
      });
    },
    answer(response) {
      const pending = pendingById.get(response.id);
      if (!pending) return false;
      if (response.type === 'result') take(response.id)?.resolve(response.result);
      else if (response.type === 'auth-url') askPerson(response.id, pending, response.url);
      else {
        const words = response.error.slice(0, reasonCharactersMax);
        fail(response.id, new SignerError('refused', `remote signer refused: ${words}`));
      }
      return true;
    },
    fail,
    failAll(error) {
      for (const id of [...pendingById.keys()]) fail(id, error);
    },
  };
}
