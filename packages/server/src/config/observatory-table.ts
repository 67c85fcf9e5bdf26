/** The settings of the observatory and of what several processes share. */
export const observatoryTable = [
  {
    name: 'roles',
    type: 'list',
    default: 'relay,api,jobs',
    group: 'Program',
    description:
      'what this process does: relay serves clients, api the statistics and the web page, collector gathers from other relays and probes them, jobs rolls up, computes snapshots and sweeps',
  },
  {
    name: 'cache',
    type: 'text',
    default: 'memory:',
    group: 'Program',
    secret: true,
    description: 'what processes share for a short time: memory: for one process, redis://HOST:PORT for several',
  },
  {
    name: 'rateLimit',
    type: 'integer',
    default: '100',
    group: 'HTTP',
    description:
      'requests to the statistics within 15 minutes from one address (of IPv6, one /64 network); 0 for no limit',
  },
  {
    name: 'collectRelays',
    type: 'list',
    default: '',
    group: 'Observatory',
    description: 'relays that the collector begins with; empty for the 326 that were online in July 2026',
  },
  {
    name: 'collectKinds',
    type: 'text',
    default: '0,1,3,7,9735,30023,10002,10166,30166',
    group: 'Observatory',
    description: 'kinds that are collected; * for every kind',
  },
  {
    name: 'collectConnections',
    type: 'integer',
    default: '250',
    group: 'Observatory',
    description: 'connections to relays at a time, over all collectors that share a cache; at most 1000 each',
  },
  {
    name: 'collectPast',
    type: 'seconds',
    default: '1h',
    group: 'Observatory',
    description: 'how far back a relay is asked the first time; afterwards from where it had come',
  },
  {
    name: 'collectFlush',
    type: 'seconds',
    default: '10',
    group: 'Observatory',
    description: 'time after which gathered events are written at the latest; 1,000 of them are written at once',
  },
  {
    name: 'discoverRelays',
    type: 'flag',
    default: 'yes',
    group: 'Observatory',
    description: 'also collect from relays that relay lists and monitors name, once a probe has succeeded',
  },
  {
    name: 'probeEvery',
    type: 'seconds',
    default: '15m',
    group: 'Observatory',
    description: 'time between two probes of a relay; 0 for none',
  },
  {
    name: 'probeWrites',
    type: 'flag',
    default: 'no',
    group: 'Observatory',
    description: 'probes also write an event that expires, and read it back',
  },
  {
    name: 'publishProbes',
    type: 'flag',
    default: 'no',
    group: 'Observatory',
    description:
      'publish what probes found as a monitor (NIP-66), signed by this relay, here and to the relays of the setting relays',
  },
  {
    name: 'snapshotSchedule',
    type: 'text',
    default: '*/5 * * * *',
    group: 'Observatory',
    description: 'when figures are computed, as a cron pattern in UTC; with six fields the first is seconds',
  },
  {
    name: 'synthetic',
    type: 'flag',
    default: 'no',
    group: 'Observatory',
    description: 'say in every answer and on the page that this network is made up',
  },
  {
    name: 'trustAnchors',
    type: 'pubkeys',
    default: '',
    group: 'Observatory',
    description:
      'pubkeys from which trust flows: who they follow, and who those follow, counts as trusted in the statistics, and scores of the web of trust start at them; empty for no such tier, no scores and no discounts',
  },
] as const;
