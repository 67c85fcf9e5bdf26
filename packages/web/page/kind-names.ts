/** Names of the kinds that most events are of; the API names all others. */
export const kindNames: readonly (readonly [kind: number, name: string])[] = [
  [0, 'Profile'],
  [1, 'Short text note'],
  [3, 'Follows'],
  [4, 'Encrypted message (old)'],
  [5, 'Deletion request'],
  [6, 'Repost'],
  [7, 'Reaction'],
  [16, 'Generic repost'],
  [20, 'Picture'],
  [1059, 'Gift wrap'],
  [1111, 'Comment'],
  [1311, 'Live chat message'],
  [1984, 'Report'],
  [9734, 'Zap request'],
  [9735, 'Zap receipt'],
  [9802, 'Highlight'],
  [10002, 'Relay list'],
  [10166, 'Relay monitor'],
  [30023, 'Long-form article'],
  [30078, 'Application data'],
  [30166, 'Relay discovery'],
  [30311, 'Live event'],
  [31990, 'Handler information'],
];

/** The name of a kind, its number where it has none here. */
export function nameOfKind(kind: number): string {
  return kindNames.find(([number]) => number === kind)?.[1] ?? `Kind ${kind}`;
}
