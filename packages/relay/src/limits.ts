/** Every bound of the room: its unit is the last word of the name. */
export interface RelayLimits {
  readonly messageBytesMax: number;
  readonly filtersPerRequestMax: number;
  readonly subscriptionIdCharactersMax: number;
  readonly subscriptionsPerConnectionMax: number;
  readonly valuesPerFilterMax: number;
  readonly liveValuesPerConnectionMax: number;
  readonly limitEventsMax: number;
  readonly limitEventsDefault: number;
  readonly queriesPerConnectionMax: number;
  readonly queriesWaitingPerConnectionMax: number;
  readonly turnMillisecondsMax: number;
  readonly heldEventsPerSubscriptionMax: number;
  readonly liveBacklogEventsMax: number;
  readonly outgoingBytesMax: number;
  readonly outgoingPauseBytes: number;
  readonly connectionsMax: number;
  readonly connectionsPerIpMax: number;
  readonly messagesPerSecondMax: number;
  readonly messagesBurstMax: number;
  readonly bytesPerSecondMax: number;
  readonly bytesBurstMax: number;
  readonly submissionsInFlightPerConnectionMax: number;
  readonly pingSeconds: number;
  readonly idleSeconds: number;
  readonly authPubkeysPerConnectionMax: number;
  readonly authAttemptsPerConnectionMax: number;
  readonly negSessionsPerConnectionMax: number;
  readonly negItemsPerSessionMax: number;
  readonly negItemsMax: number;
  readonly negFrameBytesMax: number;
  readonly negIdleSeconds: number;
  readonly stopAnswersMillisecondsMax: number;
}

/** The bounds of a relay whose operator says nothing. */
export const defaultLimits: RelayLimits = {
  // A negentropy frame of 500,000 bytes is a million hex digits and must fit; no event needs more.
  messageBytesMax: 1_048_576,
  // Outbox clients send one filter per relay list entry; more than this is better sent as several subscriptions.
  filtersPerRequestMax: 32,
  // NIP-01; more than 64 is not read whatever stands here.
  subscriptionIdCharactersMax: 64,
  // Twenty is what users of other relays complain about; a feed with many threads open needs about a hundred.
  subscriptionsPerConnectionMax: 300,
  // Follow lists of busy accounts hold a few thousand pubkeys.
  valuesPerFilterMax: 5_000,
  // Index entries of live filters, about 100 bytes each: 20 MB for one connection at most.
  liveValuesPerConnectionMax: 200_000,
  // Pages are sent as the client reads them, so a large answer costs time but no memory.
  limitEventsMax: 5_000,
  // What most clients expect of a filter without limit.
  limitEventsDefault: 500,
  // Queries of one connection that run at the same time; the rest wait, so that nobody crowds the others out.
  queriesPerConnectionMax: 8,
  // Requests of one connection waiting for their turn; as many as it may have subscriptions.
  queriesWaitingPerConnectionMax: 300,
  // One turn of the event loop spends this long on queries, so that a new connection waits no longer.
  turnMillisecondsMax: 10,
  // New events kept for a subscription whose stored events are still being sent; references, not copies.
  heldEventsPerSubscriptionMax: 10_000,
  // Events of large commits that wait for their fan-out; with more, the commits have to wait.
  liveBacklogEventsMax: 20_000,
  // A reader that is this far behind is cut.
  outgoingBytesMax: 16_777_216,
  // A query waits while this much is unsent: two full pages.
  outgoingPauseBytes: 1_048_576,
  // About 20 kB each for socket and buffers: 200 MB.
  connectionsMax: 10_000,
  // Carriers and campuses share one address.
  connectionsPerIpMax: 1_000,
  // Above what one honest connection can use over a network, below what keeps a core busy with parsing.
  messagesPerSecondMax: 50_000,
  messagesBurstMax: 100_000,
  bytesPerSecondMax: 67_108_864,
  bytesBurstMax: 134_217_728,
  // Beyond this a connection is not read until some of its events are answered.
  submissionsInFlightPerConnectionMax: 2_048,
  // Proxies drop what is silent for a minute.
  pingSeconds: 30,
  // Only without subscriptions and sync sessions.
  idleSeconds: 900,
  // A client with several accounts; each costs a signature check.
  authPubkeysPerConnectionMax: 32,
  authAttemptsPerConnectionMax: 64,
  negSessionsPerConnectionMax: 8,
  // 40 bytes each: 40 MB for a session, 80 MB for all of them.
  negItemsPerSessionMax: 1_000_000,
  negItemsMax: 2_000_000,
  // Before hex; what other implementations use.
  negFrameBytesMax: 500_000,
  negIdleSeconds: 120,
  // A commit takes milliseconds; a disk that hangs must not hold up the end of the process.
  stopAnswersMillisecondsMax: 5_000,
};
