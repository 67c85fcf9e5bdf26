import type { Filter, NostrEvent } from '@nostrata/protocol';
import { createEventBuilder } from '../builder.ts';
import type { SeededRandom } from '../random.ts';

/** What a broken or hostile relay sends. */
export interface Noise {
  /** A frame that no client can use. */
  garbage(subId: string): string;
  /** A copy with the genuine id and another body or signature. */
  forge(event: NostrEvent, part: 'body' | 'sig'): NostrEvent;
  /** A genuine event of a stranger; where the filter names kinds, of one of them. */
  stranger(filter: Filter | undefined): NostrEvent;
}

/** Creates the noise of one relay. */
export function createNoise(random: SeededRandom, nowSeconds: () => number): Noise {
  const author = createEventBuilder(`stranger ${random.integer(2 ** 31)}`);
  let count = 0;
  return {
    garbage: (subId) => random.pick(garbage)(JSON.stringify(subId)),
    forge(event, part) {
      if (part === 'body') return { ...event, content: `${event.content} (forged)` };
      const flipped = (Number.parseInt(event.sig.slice(-1), 16) ^ 1).toString(16);
      return { ...event, sig: event.sig.slice(0, -1) + flipped };
    },
    stranger(filter) {
      const kind = filter?.kinds?.[0] ?? 1;
      return author.event({ kind, content: `noise ${++count}`, created_at: nowSeconds() });
    },
  };
}

const garbage: readonly ((subId: string) => string)[] = [
  () => 'hello',
  () => '',
  () => '{}',
  () => '[]',
  () => 'null',
  () => '[[[[[[[[',
  () => '["EVENT"]',
  () => '["MYSTERY",1,2,3]',
  (subId) => `["EVENT",${subId},null]`,
  (subId) => `["EVENT",${subId},{"id":"short","kind":"one"}]`,
  () => '["EVENT","no such subscription",{}]',
  () => '["EOSE"]',
  () => '["EOSE","no such subscription"]',
  () => '["OK","00",true]',
  () => `["OK","${'0'.repeat(64)}",true,""]`,
  (subId) => `["EVENT",${subId},{"id":"${'0'.repeat(64)}","created_at":1e400}]`,
  () => `["NOTICE",${'['.repeat(40)}${']'.repeat(40)}]`,
  () => '\u0000\uffff',
];
