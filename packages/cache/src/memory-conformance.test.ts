import { createFakeClock } from '@nostrata/testing';
import { runConformance } from './conformance/run.ts';
import { createMemoryCache } from './memory.ts';

runConformance({
  name: 'memory',
  async open() {
    const clock = createFakeClock();
    const cache = createMemoryCache({ clock });
    return {
      cache,
      other: cache,
      async until(condition) {
        const endMs = clock.now() + 10_000;
        while (!(await condition())) {
          if (clock.now() > endMs) throw new Error('it did not come about within 10 s of the clock');
          clock.advance(1);
        }
      },
    };
  },
});
