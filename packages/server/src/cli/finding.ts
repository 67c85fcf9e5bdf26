/** One thing that `nostrata doctor` looked at. */
export interface Finding {
  readonly name: string;
  readonly value: string;
  /** What is wrong and what to do. */
  readonly problem?: string | undefined;
  /** What would be better. */
  readonly hint?: string | undefined;
}
