import type { ConnectionState } from '../contract.ts';

/**
 * What happens to a connection. `want`: somebody needs it; `hold`: needed, but it is too early or there is no network;
 * `retry`: the wait is over; `opened`; `authenticate` and `authenticated`: an authentication began, ended; `lost`: it
 * failed and will be tried again; `exhausted`: it failed and will not; `release`: nobody needs it; `closed`: the
 * socket that we closed has ended.
 */
export type ConnectionSignal =
  | 'want'
  | 'hold'
  | 'retry'
  | 'opened'
  | 'authenticate'
  | 'authenticated'
  | 'lost'
  | 'exhausted'
  | 'release'
  | 'closed';

type Row = Readonly<Record<ConnectionSignal, ConnectionState>>;

/** The whole table: a state that stands in its own row stays as it is. */
export const transitions: Readonly<Record<ConnectionState, Row>> = {
  idle: {
    want: 'connecting',
    hold: 'waiting',
    retry: 'idle',
    opened: 'idle',
    authenticate: 'idle',
    authenticated: 'idle',
    lost: 'idle',
    exhausted: 'idle',
    release: 'idle',
    closed: 'idle',
  },
  connecting: {
    want: 'connecting',
    hold: 'connecting',
    retry: 'connecting',
    opened: 'open',
    authenticate: 'connecting',
    authenticated: 'connecting',
    lost: 'waiting',
    exhausted: 'given-up',
    release: 'closing',
    closed: 'connecting',
  },
  open: {
    want: 'open',
    hold: 'open',
    retry: 'open',
    opened: 'open',
    authenticate: 'authenticating',
    authenticated: 'open',
    lost: 'waiting',
    exhausted: 'given-up',
    release: 'closing',
    closed: 'open',
  },
  authenticating: {
    want: 'authenticating',
    hold: 'authenticating',
    retry: 'authenticating',
    opened: 'authenticating',
    authenticate: 'authenticating',
    authenticated: 'open',
    lost: 'waiting',
    exhausted: 'given-up',
    release: 'closing',
    closed: 'authenticating',
  },
  closing: {
    want: 'closing',
    hold: 'closing',
    retry: 'closing',
    opened: 'closing',
    authenticate: 'closing',
    authenticated: 'closing',
    lost: 'idle',
    exhausted: 'idle',
    release: 'closing',
    closed: 'idle',
  },
  waiting: {
    want: 'waiting',
    hold: 'waiting',
    retry: 'connecting',
    opened: 'waiting',
    authenticate: 'waiting',
    authenticated: 'waiting',
    lost: 'waiting',
    exhausted: 'given-up',
    release: 'idle',
    closed: 'waiting',
  },
  'given-up': {
    want: 'given-up',
    hold: 'given-up',
    retry: 'connecting',
    opened: 'given-up',
    authenticate: 'given-up',
    authenticated: 'given-up',
    lost: 'given-up',
    exhausted: 'given-up',
    release: 'given-up',
    closed: 'given-up',
  },
};

/** Says whether the state holds a socket, which counts against the budget. */
export function hasSocket(state: ConnectionState): boolean {
  return state === 'connecting' || state === 'open' || state === 'authenticating' || state === 'closing';
}

/** Says whether frames can be sent. */
export function isUsable(state: ConnectionState): boolean {
  return state === 'open' || state === 'authenticating';
}
