/** What is taken off a price, for whom. */
export interface DiscountPolicy {
  /** The highest step that the score is above counts. */
  readonly steps: readonly { readonly above: number; readonly percent: number }[];
  /** No discount is higher, whatever the steps say. */
  readonly capPercent: number;
  /** Younger accounts get nothing. */
  readonly accountAgeDaysMin: number;
}

/** 10 % above 55, 20 % above 80, for accounts of a month; never more than 20 %. */
export const usualDiscounts: DiscountPolicy = {
  steps: [
    { above: 55, percent: 10 },
    { above: 80, percent: 20 },
  ],
  capPercent: 20,
  accountAgeDaysMin: 30,
};

/**
 * The discount in percent, by the ANCHORED score (0 to 100) and the account's age. An age can be claimed by dating
 * events back, a global or a personal rank can be made by fake followers: neither earns anything alone. What is not
 * known (null, undefined: no anchors, no web of trust) is no discount.
 */
export function discountOf(
  score: number | null | undefined,
  accountAgeDays: number | null | undefined,
  { steps, capPercent, accountAgeDaysMin }: DiscountPolicy = usualDiscounts,
): number {
  if (typeof score !== 'number' || typeof accountAgeDays !== 'number') return 0;
  if (!(accountAgeDays >= accountAgeDaysMin)) return 0;
  const earned = steps.filter(({ above }) => score > above).map(({ percent }) => percent);
  return Math.max(0, Math.min(capPercent, ...(earned.length > 0 ? [Math.max(...earned)] : [0])));
}
