import type { Database } from '@nostrata/database';
import { encodeGeohash, type UnsignedEvent, type VerifiedEvent } from '@nostrata/protocol';
import type { Clock } from '../contract.ts';
import type { Phase } from '../histogram.ts';
import { MonitorKind } from '../registry/monitor-events.ts';
import { announcedContentMax, type ProbeLimits } from './limits.ts';
import type { ProbeResult } from './probe.ts';

/** Tells the network what probes found (NIP-66). */
export interface Announcement {
  sign(event: Omit<UnsignedEvent, 'pubkey'>): Promise<VerifiedEvent>;
  publish(event: VerifiedEvent): Promise<void>;
  /** Where the monitor is: latency depends on it. */
  readonly geohash?: string | undefined;
}

/** What the announcer needs. */
export interface AnnouncerOptions {
  readonly announcement: Announcement;
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly limits: ProbeLimits;
  readonly writes: boolean;
}

/** A relay that a probe has reached. */
export interface ReachedRelay {
  readonly relay: number;
  readonly url: string;
  readonly result: ProbeResult;
}

/** Publishes what is due. */
export interface Announcer {
  /** Announces the monitor itself (kind 10166), once a day. */
  announceMonitor(): Promise<void>;
  /** Publishes a relay that answered (kind 30166), at most once in `publishEveryMs`; one that did not is not alive. */
  announceRelay(reached: ReachedRelay): Promise<void>;
}

const dayMs = 86_400_000;

/** Creates an announcer. */
export function createAnnouncer({ announcement, database, clock, limits, writes }: AnnouncerOptions): Announcer {
  const publishedMs = new Map<number, number>();
  let announcedMs = Number.NEGATIVE_INFINITY;
  const publish = async (kind: number, tags: readonly (readonly string[])[], content: string): Promise<void> => {
    const created_at = Math.floor(clock.now() / 1000);
    const event = await announcement.sign({ kind, created_at, tags: tags.map((tag) => [...tag]), content });
    await announcement.publish(event);
  };
  return {
    async announceMonitor() {
      if (clock.now() - announcedMs < dayMs) return;
      announcedMs = clock.now();
      await publish(MonitorKind.monitor, toMonitorTags({ limits, writes, geohash: announcement.geohash }), '');
    },
    async announceRelay({ relay, url, result }) {
      const isFresh = clock.now() - (publishedMs.get(relay) ?? Number.NEGATIVE_INFINITY) < limits.publishEveryMs;
      if (!result.ok || isFresh) return;
      publishedMs.set(relay, clock.now());
      const row = await findRelay(database, relay);
      if (row === undefined) return;
      const content = row.information ?? '';
      // The document is a courtesy: a long one is not worth an event that relays refuse.
      const isShort = content.length <= announcedContentMax;
      await publish(MonitorKind.relay, toRelayTags(url, row, result), isShort ? content : '');
    },
  };
}

type AnnouncedRow = {
  readonly nips: string;
  readonly auth_required: number;
  readonly payment_required: number;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly information: string | null;
};

async function findRelay(database: Database, relay: number): Promise<AnnouncedRow | undefined> {
  const [row] = await database.query<AnnouncedRow>(
    `SELECT nips, auth_required, payment_required, latitude, longitude, (SELECT information FROM registry_information i
      WHERE i.relay = r.relay ORDER BY at_ms DESC LIMIT 1) AS information FROM registry_relay r WHERE r.relay = $1`,
    [relay],
  );
  return row;
}

/** Five digits are a place of about 5 km: as near as anybody knows. */
const geohashDigits = 5;

function toRelayTags(url: string, row: AnnouncedRow, { ms, isRestricted }: ProbeResult): string[][] {
  const tags = [
    // The normal form of RFC 3986 has a slash where there is no path.
    ['d', new URL(url).href],
    ['n', 'clearnet'],
    ['R', row.auth_required === 1 || isRestricted ? 'auth' : '!auth'],
    ['R', row.payment_required === 1 ? 'payment' : '!payment'],
  ];
  for (const nip of row.nips.split(',')) if (nip !== '') tags.push(['N', nip]);
  if (row.latitude !== null && row.longitude !== null) {
    tags.push(['g', encodeGeohash({ latitude: row.latitude, longitude: row.longitude }, geohashDigits)]);
  }
  const roundTrips: readonly (readonly [string, Phase])[] = [
    ['rtt-open', 'open'],
    ['rtt-read', 'read'],
    ['rtt-write', 'write'],
  ];
  for (const [name, phase] of roundTrips) {
    const milliseconds = ms.get(phase);
    if (milliseconds !== undefined) tags.push([name, String(Math.max(1, Math.round(milliseconds)))]);
  }
  return tags;
}

function toMonitorTags({
  limits,
  writes,
  geohash,
}: {
  readonly limits: ProbeLimits;
  readonly writes: boolean;
  readonly geohash: string | undefined;
}): string[][] {
  const checks = ['open', 'read', ...(writes ? ['write'] : []), 'nip11'];
  return [
    ['frequency', String(Math.round(limits.publishEveryMs / 1000))],
    // The number stands first, as the text of the NIP says; its example has it last.
    ...checks.map((check) => ['timeout', String(limits.phaseMs), check]),
    ['timeout', String(limits.dnsMs), 'dns'],
    ...[...checks, 'dns'].map((check) => ['c', check]),
    ...(geohash === undefined ? [] : [['g', geohash]]),
  ];
}
