/** A day of the app: what happens in which session. Sessions are numbered from 0. */
export interface Script {
  /** How often the app is opened. */
  readonly sessions: number;
  /** Seconds from one session to the next. */
  readonly gapSeconds: number;
  /** Sessions without any network. */
  readonly offline: readonly number[];
  /** The session in which one of the user's relays is down. */
  readonly relayDown: number;
  /** Sessions in which the user follows somebody, in order. */
  readonly follows: readonly number[];
  /** Sessions in which the user edits the profile. */
  readonly edits: readonly number[];
  /** Sessions before which the user has followed somebody with another device. */
  readonly otherDevice: readonly number[];
  /** Profile pages visited in each session, beside those of the feed's and the threads' authors. */
  readonly visits: number;
  /** Notes that the user writes in each session, by turns. */
  readonly notes: readonly number[];
  /** Events on the home feed. */
  readonly feed: number;
}

/** Twelve sessions 80 minutes apart: 60 profiles, 10 threads, 5 edits, 20 notes, three hours offline. */
export const fullDay: Script = {
  sessions: 12,
  gapSeconds: 4_800,
  offline: [6, 7],
  relayDown: 3,
  follows: [1, 4, 8, 10],
  edits: [5],
  otherDevice: [4, 10],
  visits: 5,
  notes: [2, 2, 1],
  feed: 50,
};

/** Three sessions, for a run that must be quick: with one relay down, without a network, with everything back. */
export const shortDay: Script = {
  ...fullDay,
  sessions: 3,
  relayDown: 0,
  offline: [1],
  follows: [2],
  edits: [2],
  otherDevice: [2],
  notes: [2],
};
