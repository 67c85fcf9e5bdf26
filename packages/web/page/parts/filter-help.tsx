import type { JSX } from 'preact';

/** Filters to begin with. */
export const queryExamples: readonly (readonly [name: string, filter: object])[] = [
  ['latest notes', { kinds: [1], limit: 20 }],
  ['zap receipts', { kinds: [9735], limit: 20 }],
  ['articles about nostr', { kinds: [30023], '#t': ['nostr'], limit: 10 }],
  ['search', { search: 'relay', kinds: [1], limit: 20 }],
  ['relay lists', { kinds: [10002], limit: 20 }],
];

const fields: readonly (readonly [field: string, meaning: string])[] = [
  ['ids', 'Ids of events: lists of 64 hex digits.'],
  ['authors', 'Public keys of authors: lists of 64 hex digits.'],
  ['kinds', 'Numbers of kinds, such as [1] for notes or [7] for reactions.'],
  ['#e, #p, #t …', 'Values of tags with one letter: the event, the person, the topic that an event speaks of.'],
  ['since, until', 'Seconds since 1970; both ends are included.'],
  ['search', 'Words, where the relay can search (NIP-50).'],
  ['limit', 'How many events at most, the newest. Without one, 100 are asked for; 500 at most.'],
];

/** What a filter may say. */
export function FilterHelp(): JSX.Element {
  return (
    <details class="filter-help" open>
      <summary>What a filter may say</summary>
      <dl class="fields">
        {fields.map(([field, meaning]) => (
          <div key={field}>
            <dt class="mono">{field}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <p class="soft">An event fits when it fits every field. Of several filters in a list, one is enough.</p>
    </details>
  );
}
