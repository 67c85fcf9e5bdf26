/** Something in the money that does not agree. */
export interface Finding {
  /** A short word for programs: `no-receipt`, `ledger-sum`. */
  readonly code: string;
  /** `payment:<id>`, `receipt:<number>`, `ledger:<transaction>`. */
  readonly entity: string;
  readonly message: string;
}

/** Takes down a finding. */
export type Note = (code: string, entity: string, message: string) => void;
