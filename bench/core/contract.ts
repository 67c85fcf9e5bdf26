import type { NostrEvent } from '@nostrata/protocol';

/** What an app under measurement is started with. */
export interface AppOptions {
  /** The user's secret key. */
  readonly secretHex: string;
  /** The user's own read and write relays. */
  readonly relays: readonly string[];
  /** A relay with everybody's profiles, follow lists and relay lists. */
  readonly lookupRelay: string;
  /** Every relay there is: for libraries without routing, which would find nothing otherwise. */
  readonly everyRelay: readonly string[];
  /** A folder for what outlives the app. */
  readonly folder: string;
  /** How long the app's screens wait for an answer, in milliseconds. */
  readonly patienceMs: number;
}

/** The screens and buttons of the app, each written with one library as its documentation recommends. */
export interface App {
  /** The newest notes (kind 1) of the authors, newest first, when the screen has come to rest. */
  notes(authors: readonly string[], limit: number): Promise<readonly NostrEvent[]>;
  /** The name in the author's profile (kind 0), when the screen has come to rest. */
  profile(pubkey: string): Promise<string | undefined>;
  /** Replies (kind 1 with an `e` tag of the root). */
  thread(root: NostrEvent): Promise<readonly NostrEvent[]>;
  /** Resolves with the signed event when the app tells its user that it is on its way. */
  publish(content: string, createdAt: number): Promise<NostrEvent>;
  /** Adds somebody to the user's follow list (kind 3). */
  follow(pubkey: string): Promise<void>;
  /** Changes the `about` of the user's profile. */
  editAbout(about: string): Promise<void>;
  /** A profile that the app has shown before: how it gets it again. */
  cachedProfile(pubkey: string): unknown;
  /** The home feed as the app gets it again from what it keeps. */
  cachedNotes(authors: readonly string[], limit: number): unknown;
  /** Ends the app; what it keeps in its folder (or as its library keeps it) stays. */
  close(): Promise<void>;
}

/** Starts the app anew over what it has kept. */
export type OpenApp = (options: AppOptions) => Promise<App>;

/** The names of the screens that the script uses. */
export type Operation = 'notes' | 'profile' | 'thread' | 'publish' | 'follow' | 'editAbout';

/** A message to the process of the subject. */
export type SubjectRequest =
  | { readonly id: number; readonly type: 'open'; readonly options: AppOptions }
  | { readonly id: number; readonly type: 'call'; readonly operation: Operation; readonly args: readonly unknown[] }
  | {
      readonly id: number;
      readonly type: 'measure';
      readonly pubkeys: readonly string[];
      readonly authors: readonly string[];
      readonly rounds: number;
    }
  | { readonly id: number; readonly type: 'clock'; readonly offsetMs: number }
  | { readonly id: number; readonly type: 'close' };

/** Its answer. */
export interface SubjectAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** What `measure` gives. */
export interface Measured {
  readonly profileP50Us: number;
  readonly profileP99Us: number;
  readonly notesP50Ms: number;
  readonly notesP99Ms: number;
  /** Events that the cached feed has. */
  readonly notes: number;
  readonly residentMb: number;
  readonly peakMb: number;
}
