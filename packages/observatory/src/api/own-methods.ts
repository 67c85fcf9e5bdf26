import type { Method } from '../answers.ts';

/** How series are counted that no snapshot has: by the name of the field, as the methods of the statistics are. */
export const ownMethods: Readonly<Record<string, Method>> = {
  throughput: {
    precision: 'exact',
    text:
      'By the time of receipt, added up over relays. Received: every message with an event. Unique: events that no ' +
      'relay had delivered before. Invalid: a wrong id or signature, or no event at all.',
  },
  usersEstimate: {
    precision: 'approximate',
    text:
      'HyperLogLog of pubkeys by the hour (16,384 registers, standard error 0.8 %), hashed with a secret of this ' +
      'installation, so that nobody can choose keys that inflate it. What was deleted since still counts.',
  },
  retention: {
    precision: 'exact',
    text:
      'Cohorts by the first known event of a pubkey; the share of a cohort that published in each later period. Keys ' +
      'that are used once by design make nobody a user.',
  },
  latency: {
    precision: 'approximate',
    text:
      'Probes from this place by a clock that only goes forward, kept in histograms of each hour whose buckets grow by ' +
      'a constant factor; other places see other times.',
  },
  uptime: {
    precision: 'exact',
    text: 'Probes from this place; two failures of three make an outage, none where so many fail that it was our network.',
  },
  relayEvents: {
    precision: 'exact',
    text: 'By the time of receipt, each pair of event and relay once; novel: this relay was the first to deliver it.',
  },
};
