import type { Method } from '../answers.ts';

const exact = (text: string): Method => ({ precision: 'exact', text });
const approximate = (text: string): Method => ({ precision: 'approximate', text });

/**
 * How each field is counted, by its path in a snapshot; a path stands for everything below it that has no line of its
 * own. These texts are shown beside the charts.
 */
export const methods: Readonly<Record<string, Method>> = {
  'overview.events': exact(
    'Events whose id and signature are right, each counted once whichever relays sent it, by created_at in UTC. Versions that were replaced since count; what was deleted does not.',
  ),
  'overview.eventsTotal': exact('All such events, those with an impossible created_at among them.'),
  'overview.usersTotal': exact('Pubkeys with at least one event that counts.'),
  'overview.users': exact(
    'Pubkeys that published in the range. Gift wraps, group messages under one-time keys (kinds 1059 and 445) and ephemeral events make nobody a user. For 24 hours the two UTC days that they lie in are used.',
  ),
  'overview.newUsers': exact('Pubkeys whose earliest known event is of the range.'),
  'overview.relays': exact('Relays of the registry; online: the last probe succeeded; connected: collected from now.'),
  'overview.openMs': approximate(
    'From the first packet to the open WebSocket, measured by probes from this one place; quantiles from logarithmic histograms, within 5 %.',
  ),
  'overview.readMs': approximate('From REQ to the first EVENT or EOSE, measured as the opening is.'),
  kinds: exact('Events by kind, counted as all events are. Bytes are of the JSON text of events that still stand.'),
  days: exact('Events by the UTC day of created_at, guarded: nothing before 2020-11-07, nothing after now.'),
  clients: exact(
    'By the client tag (NIP-89) of events that still stand. The tag is voluntary and anybody can write anything into it, so shares are of tagged events only, and the untagged share is given.',
  ),
  'clients.users': exact('Pubkeys that used the client in the range; for all time brought up to date once an hour.'),
  topRelays: exact(
    'Distinct events that each relay delivered to us. An event counts for every relay that sent it, not only for the first.',
  ),
  timeline: exact('As events, by bucket. The bucket that has not ended is marked as open.'),
  'timeline.users': exact('Pubkeys active in the bucket: only for days and longer.'),
  users: exact(
    'Tiers by what stands behind a key now: a profile (kind 0), a follow list (kind 3), both, or being within two steps of the chosen anchors.',
  ),
  hours: exact('Events by hour of the day and day of the week, UTC.'),
  zaps: exact(
    'Zap receipts whose request is signed and names the same recipient, target and amount; the amount is that of the invoice. Several receipts for one invoice count once. Receipts prove what their signer says, not that money moved.',
  ),
  'zaps.medianMsat': approximate('From the histogram.'),
  'zaps.suspect': exact('Valid receipts of more than 1,000,000 sat: in no sum.'),
  engagement: exact('Replies (kinds 1 and 1111 that answer something), reactions, reposts and zaps.'),
  relays: approximate('By probes from this place; replication and overlap by a fixed sample of one event in 256.'),
  software: exact('By the information documents (NIP-11) of online relays, spelled alike.'),
  nips: exact('Relays that list the NIP in their information document; not that they follow it.'),
  countries: approximate('By coordinates or labels that relays and monitors publish.'),
  coverage: approximate(
    'Time without a connection to a relay that was to be collected from. Events on relays that nobody here is connected to are estimated from how often one event is seen on several relays.',
  ),
};
