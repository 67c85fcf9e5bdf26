/** The settings of the web of trust; its anchors are those of the observatory. */
export const trustTable = [
  {
    name: 'trust',
    type: 'flag',
    default: 'yes',
    group: 'Trust',
    description:
      'compute the web of trust in a thread of its own and answer for it, in processes that do api or jobs; no means no scores and no discounts. Scores flow from the setting trustAnchors',
  },
  {
    name: 'trustAssertions',
    type: 'flag',
    default: 'no',
    group: 'Trust',
    description:
      'publish the scores of those whom the anchors trust most as trusted assertions (NIP-85), signed with a key in the data folder, here and only when they change; for processes that do jobs',
  },
] as const;
