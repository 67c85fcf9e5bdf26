import type { Queryable } from '@nostrata/database';
import type { Range } from '../answers.ts';
import type { RelayReads } from '../contract.ts';
import { createCoverage } from './coverage.ts';
import { topRelaysMax } from './limits.ts';
import type { RelayFigures } from './snapshot.ts';

/** What relay figures are made from. */
export interface RelayFiguresOptions {
  readonly database: Queryable;
  readonly relays: RelayReads;
  readonly now: () => number;
  /** True where the relays are made up. */
  readonly synthetic: boolean;
}

/** Puts together what a snapshot says of relays. */
export function createLoadRelayFigures({
  database,
  relays,
  now,
  synthetic,
}: RelayFiguresOptions): (range: Range) => Promise<RelayFigures> {
  const coverage = createCoverage(database);
  return async (range) => {
    const summary = await relays.summary(range);
    const top = await relays.relays({ range, sort: 'events', descending: true, limit: topRelaysMax });
    return {
      summary,
      top: top.relays.filter(({ events }) => events > 0),
      software: await relays.software(),
      nips: await relays.nips(),
      countries: await relays.countries(),
      coverage: await coverage.load({ range, nowMs: now(), relaysKnown: summary.known, synthetic }),
    };
  };
}
