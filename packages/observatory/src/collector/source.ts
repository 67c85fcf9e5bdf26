/** One relay as the path of its events sees it. */
export interface Source {
  readonly relay: number;
  readonly url: string;
  /** The newest `created_at` of what it sent, in seconds, never later than when it came. */
  newest: number;
  /** True while nothing is missing up to what it sends now: only then its watermark moves. */
  isCaughtUp: boolean;
  /** Everything up to this second was taken and is durable. */
  watermark: number;
  isConnected: boolean;
  /** New events that turned out forged and genuine, since somebody looked. */
  forged: number;
  genuine: number;
  /** True until it was caught up with for the first time: it may send what an earlier run has not counted. */
  isRecovering: boolean;
}
