import type { ApiTimes } from './api.ts';
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
    {
      part,
      what: 'CPU of a unique event with its copies, until it is rolled up, µs',
      value: decimals(result.cpuMicroseconds),
    },
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
export function snapshotFigures({ rollups, relays, fillSeconds, coldMs, idleMs, ...warm }: SnapshotTimes): Figure[] {
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
      value: warm.warmMs.map((ms) => decimals(ms)).join(' – '),
      target: `< ${snapshotMs}`,
      isMet: warm.warmMs[0] < snapshotMs,
    },
    { part, what: 'the same, CPU, p50, ms', value: decimals(warm.warmCpuMs) },
  ];
}

const apiTarget = { cachedPerSecond: 5_000, cachedP99Ms: 10, databaseP99Ms: 50 };

/** What answers came to: how many a second, and the slowest hundredth. */
export function apiFigures({ cells, residentMb }: ApiTimes): Figure[] {
  const part = 'api';
  const figures = cells.flatMap(({ name, isCached, connections, ...cell }): Figure[] => {
    const what = `${name}${isCached ? '' : ', not cached'}`;
    const size = `${decimals(cell.bytesEach / 1_000, 1)} kB, ${connections} connections`;
    const failed = Object.entries(cell.failures).map(([status, count]) => `, ${count} × ${status}`);
    const [rate, p99Ms] = [apiTarget.cachedPerSecond, isCached ? apiTarget.cachedP99Ms : apiTarget.databaseP99Ms];
    return [
      {
        part,
        what: `${what}: requests a second (${size}${failed.join('')})`,
        value: decimals(cell.perSecond),
        ...(isCached && { target: `≥ ${decimals(rate)}`, isMet: cell.perSecond >= rate }),
      },
      {
        part,
        what: `${what}: p99, ms (p50 ${decimals(cell.p50Ms, 1)}, CPU ${decimals(cell.cpuMicroseconds)} µs)`,
        value: decimals(cell.p99Ms, 1),
        target: `< ${p99Ms}`,
        isMet: cell.p99Ms < p99Ms && failed.length === 0,
      },
      { part, what: `${what}: the first answer, ms`, value: decimals(cell.firstMs) },
    ];
  });
  return [...figures, { part, what: 'RSS at its highest, MB', value: decimals(residentMb) }];
}
