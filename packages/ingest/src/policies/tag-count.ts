import type { Policy } from '../contract.ts';

/** Bounds the number of tags. */
export function createTagCountPolicy(tagsMax: number): Policy {
  const message = `the event has more than ${tagsMax} tags`;
  return {
    name: 'tag count',
    check: ({ tags }) => (tags.length > tagsMax ? { prefix: 'invalid', message, by: 'tag count' } : null),
    information: { limitation: { max_event_tags: tagsMax } },
  };
}
