/** Every bound of the room: its unit is in the name. */
export interface NetworkLimits {
  readonly connectionsMax: number;
  readonly relaysRememberedMax: number;
  readonly connectMs: number;
  readonly closeMs: number;
  readonly backoffMs: number;
  readonly backoffMsMax: number;
  readonly attemptsMax: number;
  readonly heldMs: number;
  readonly coolDownMs: number;
  readonly patienceMs: number;
  readonly pingMs: number;
  readonly pongMs: number;
  readonly idleMs: number;
  readonly messageBytesMax: number;
  readonly outgoingBytesMax: number;
  readonly garbageFramesMax: number;
  readonly requestsWaitingMax: number;
  readonly eventsPendingMax: number;
  readonly deliveriesMax: number;
  readonly deliveriesPause: number;
  readonly gatherMs: number;
  readonly subscriptionsMax: number;
  readonly filtersPerRequestMax: number;
  readonly valuesPerFilterMax: number;
  readonly requestBytesMax: number;
  readonly unlimitedEventsMax: number;
  readonly lossesMax: number;
  readonly overlapSeconds: number;
  readonly noticeGraceMs: number;
  readonly authenticateMs: number;
  readonly rateLimitMs: number;
  readonly rateLimitMsMax: number;
  readonly reopenMs: number;
  readonly reopensMax: number;
  readonly stallMs: number;
  readonly informationBytesMax: number;
  readonly informationMs: number;
  readonly informationFreshMs: number;
  readonly graceMs: number;
  readonly deadlineMs: number;
  readonly negotiationMs: number;
}

/** The bounds where the caller says nothing. */
export const defaultLimits: NetworkLimits = {
  // An app reaches with 20 connections what it would with any number, to within two hundredths; phones pay for each.
  connectionsMax: 20,
  // Ledgers and learned limits of relays without a connection: about 1 KB each.
  relaysRememberedMax: 5_000,
  // TCP and TLS over a bad mobile network take three seconds; dead hosts never answer.
  connectMs: 7_000,
  // A close handshake that takes longer is cut.
  closeMs: 2_000,
  // First wait after a failure, doubled each time: 1, 2, 4 … 60 s, half of it at random.
  backoffMs: 1_000,
  backoffMsMax: 60_000,
  // Eight tries are about three minutes; then only a request or the network coming back tries again.
  attemptsMax: 8,
  // A connection that held this long counts as a success; relays that hang up at once do not.
  heldMs: 30_000,
  // A relay that was given up is left alone that long.
  coolDownMs: 300_000,
  // A request waits for the next try of a relay that failed only where it comes within this time.
  patienceMs: 2_000,
  // Relays and proxies cut silent connections after 60–600 s, most of them after 120.
  pingMs: 50_000,
  // Without any frame this long after a ping, the other side is gone.
  pongMs: 10_000,
  // A connection that nobody needs is kept for the next page of the same feed.
  idleMs: 60_000,
  // The largest follow lists are about 1 MB; negentropy frames of 500 kB are a million hex digits.
  messageBytesMax: 4_194_304,
  // What may wait in the socket before the relay counts as stalled.
  outgoingBytesMax: 16_777_216,
  // Frames that are no message of a relay; then the connection is cut.
  garbageFramesMax: 200,
  // Requests of one relay that wait for a subscription slot.
  requestsWaitingMax: 2_000,
  // EVENTs of one relay without an OK yet; each is kept for the reconnect.
  eventsPendingMax: 1_000,
  // Events handed to the door and not judged yet: above the pause the socket is not read, above the maximum it is cut.
  deliveriesMax: 20_000,
  deliveriesPause: 1_000,
  // REQs of one moment leave in one frame: less than a tenth of a round trip to most relays.
  gatherMs: 8,
  // What relays allow where they do not say: strfry and most others 20.
  subscriptionsMax: 20,
  // Many relays allow 10.
  filtersPerRequestMax: 10,
  // Values of one list in a filter; several relays refuse more than 1,000.
  valuesPerFilterMax: 1_000,
  // Most relays read 64 KiB or more.
  requestBytesMax: 65_000,
  // Events that a filter without limit may bring before it counts as endless.
  unlimitedEventsMax: 20_000,
  // How often a request is sent again because the connection was lost under it.
  lossesMax: 1,
  // A restored subscription asks this far back, for clocks that differ and events that travelled slowly.
  overlapSeconds: 120,
  // After a NOTICE, a lone request without any answer waits this long for a real one.
  noticeGraceMs: 1_000,
  // A person may have to confirm the signature.
  authenticateMs: 30_000,
  // First pause after `rate-limited`, doubled each time.
  rateLimitMs: 2_000,
  rateLimitMsMax: 60_000,
  // A live subscription that a relay closed without a lasting reason is opened again, so often and after this long.
  reopenMs: 30_000,
  reopensMax: 5,
  // A live subscription without EOSE is made anew after this long, twice as long each time.
  stallMs: 30_000,
  // The largest information document seen has 20 KB; a quarter of a megabyte is somebody's web page.
  informationBytesMax: 262_144,
  informationMs: 5_000,
  // Limits change when an operator changes them: once a day is often.
  informationFreshMs: 86_400_000,
  // 2 s after the first EOSE, 86–99 % of what all relays have is there.
  graceMs: 2_000,
  deadlineMs: 10_000,
  // Without an answer this long a negentropy conversation is over.
  negotiationMs: 20_000,
};
