import type { Collected, Idle } from './collect.ts';
import type { SnapshotTimes } from './snapshot.ts';
import { decimals, type Figure } from './table.ts';

const collectTarget = { perMinute: 100_000, residentMb: 400, flushSeconds: 1 };

/** What collecting came to, beside what it was to be. */
export function collectFigures(result: Collected): Figure[] {
  const part = 'collect';
  return [
    {
      part,
      what: `unique events a minute, verified, durable, ${decimals(result.events)} from ${result.relays} relays`,
      value: decimals(result.perMinute),
      target: `≥ ${decimals(collectTarget.perMinute)}`,
      isMet: result.perMinute >= collectTarget.perMinute,
    },
    {
      part,
      what: 'events in the roll-ups at the end, all but those deleted before they came',
      value: decimals(result.counted),
      target: `${decimals(result.events - result.refused)}`,
      isMet: result.counted === result.events - result.refused,
    },
    { part, what: 'deliveries a second', value: decimals(result.deliveriesPerSecond) },
    { part, what: 'MB a second', value: decimals(result.megabytesPerSecond, 1) },
    { part, what: 'cores used by the program', value: decimals(result.cpuShare, 2) },
    { part, what: 'cores used by the relays', value: decimals(result.feedCpuShare, 2) },
    {
      part,
      what: 'RSS at its highest, MB',
      value: decimals(result.residentMb),
      target: `< ${collectTarget.residentMb}`,
      isMet: result.residentMb < collectTarget.residentMb,
    },
    { part, what: 'flush p50, ms', value: decimals(result.flushP50Seconds * 1_000) },
    {
      part,
      what: 'flush p99, ms',
      value: decimals(result.flushP99Seconds * 1_000),
      target: `< ${decimals(collectTarget.flushSeconds * 1_000)}`,
      isMet: result.flushP99Seconds < collectTarget.flushSeconds,
    },
    { part, what: 'roll-ups behind the log at most, events', value: decimals(result.lagEventsMax) },
    { part, what: 'roll-ups level with the log after the last event, s', value: decimals(result.caughtUpSeconds, 1) },
    { part, what: 'verifier', value: result.verifier },
  ];
}

/** What idle connections came to. */
export function idleFigures({ relays, connectSeconds, residentMb, cpuShare }: Idle): Figure[] {
  const part = 'sockets';
  return [
    { part, what: `relays connected at once`, value: decimals(relays), target: '1,000', isMet: relays >= 1_000 },
    { part, what: 'from the start until all are connected, s', value: decimals(connectSeconds, 1) },
    { part, what: 'RSS at its highest, MB', value: decimals(residentMb) },
    { part, what: 'cores used while idle', value: decimals(cpuShare, 3) },
  ];
}

const snapshotMs = 200;
const fillSecondsMax = 15;

/** What snapshots came to. */
export function snapshotFigures({ rollups, relays, fillSeconds, coldMs, idleMs, warmMs }: SnapshotTimes): Figure[] {
  const part = 'snapshot';
  const past = `${rollups.days} days of ${decimals(rollups.eventsPerMinute)} events a minute, ${decimals(rollups.authors)} users, ${relays} relays`;
  return [
    {
      part,
      what: `generating ${past}, s`,
      value: decimals(fillSeconds, 1),
      target: `< ${fillSecondsMax}`,
      isMet: fillSeconds < fillSecondsMax,
    },
    { part, what: 'all five ranges, by a process that has just begun, ms', value: decimals(coldMs) },
    {
      part,
      what: 'all five ranges, nothing has changed, p50 and most, ms',
      value: idleMs.map((ms) => decimals(ms)).join(' – '),
    },
    {
      part,
      what: 'all five ranges, five minutes later, p50 and most, ms',
      value: warmMs.map((ms) => decimals(ms)).join(' – '),
      target: `< ${snapshotMs}`,
      isMet: warmMs[0] < snapshotMs,
    },
  ];
}
