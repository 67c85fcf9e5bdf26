import type { RelayInformation } from '@nostrata/protocol';
import type { ListView } from './event-list.ts';

/** What a test relay does wrong. Everything is off in `noFaults`; each can be changed while the relay runs. */
export interface RelayFaults extends ListView {
  /** Every frame of the relay leaves that many milliseconds later; a pair is drawn from evenly. */
  readonly latencyMs: number | readonly [least: number, most: number];
  /** Share of the relay's frames that are lost on the way out, 0–1. */
  readonly lossShare: number;
  /** Share of its events that the relay has, 0–1; the same events each time. The rest is as if it never came. */
  readonly holdShare: number;
  /** No filter gets more stored events than this. */
  readonly limitMax: number;
  /** Subscriptions of a connection; one more is answered with CLOSED. */
  readonly subscriptionsMax: number;
  /** NIP-42: refuses with `auth-required:` until the connection has authenticated. */
  readonly authToRead: boolean;
  readonly authToWrite: boolean;
  /** Whoever else authenticates is refused as `restricted:`; undefined lets everyone in. */
  readonly authPubkeys: readonly string[] | undefined;
  /** Messages of a connection within a second; others are refused as `rate-limited:`, or by NOTICE alone. */
  readonly rateLimit: { readonly messagesMax: number; readonly answer: 'refusal' | 'notice' } | undefined;
  /** Share of events whose copy is forged: the genuine id with another body, or with another signature. */
  readonly forge: { readonly share: number; readonly part: 'body' | 'sig' } | undefined;
  /** Sends an event that nobody asked for before each answer. */
  readonly unasked: boolean;
  /** Frames of garbage before each answer. */
  readonly garbageFrames: number;
  /** Never sends EOSE, but events without end, that many a second. */
  readonly endlessPerSecond: number;
  /** Reads everything and answers nothing. */
  readonly silent: boolean;
  /** Answers a REQ with NOTICE alone. */
  readonly noticeInsteadOfEose: boolean;
  /** Sends the events and leaves EOSE out. */
  readonly withoutEose: boolean;
  /** Accepts the connection, then neither reads nor writes: not even a pong. Also befalls connections that are open. */
  readonly halfOpen: boolean;
  /** Closes each connection as soon as it is open. */
  readonly closeAtOnce: boolean;
  /** Answers the upgrade with this HTTP status; 0 cuts the TCP connection. `stop()` refuses it altogether. */
  readonly refuseStatus: number | undefined;
  /** Cuts the TCP connection after that many frames sent. */
  readonly dropAfterFrames: number;
  /** Stores, and never sends OK. */
  readonly okLost: boolean;
  /** Stores, and says OK true `duplicate:` to everything. */
  readonly okDuplicate: boolean;
  /** Stores nothing and answers OK false with this reason (`blocked: no`). */
  readonly okFalse: string | undefined;
  /** NIP-77: spoken, unknown (NOTICE), refused (NEG-ERR), or never answered although NIP-11 lists it. */
  readonly negentropy: 'on' | 'off' | 'refused' | 'silent';
  /** The relay information document (NIP-11), merged into its own; null answers 404. */
  readonly information: RelayInformation | null;
}

/** A relay that does everything right. */
export const noFaults: RelayFaults = {
  latencyMs: 0,
  lossShare: 0,
  holdShare: 1,
  limitMax: Number.POSITIVE_INFINITY,
  subscriptionsMax: Number.POSITIVE_INFINITY,
  authToRead: false,
  authToWrite: false,
  authPubkeys: undefined,
  rateLimit: undefined,
  forge: undefined,
  unasked: false,
  garbageFrames: 0,
  endlessPerSecond: 0,
  silent: false,
  noticeInsteadOfEose: false,
  withoutEose: false,
  halfOpen: false,
  closeAtOnce: false,
  refuseStatus: undefined,
  dropAfterFrames: Number.POSITIVE_INFINITY,
  okLost: false,
  okDuplicate: false,
  okFalse: undefined,
  negentropy: 'on',
  information: {},
  versions: 'newest',
  ignoresDeletions: false,
};
