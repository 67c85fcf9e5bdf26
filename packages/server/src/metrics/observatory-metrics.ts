import type { HttpMetrics } from '@nostrata/http';
import type { ObservatoryMetrics } from '@nostrata/observatory';
import type { Registry } from './registry.ts';

const flushSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const flushEvents = [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];
const requestSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const snapshotSeconds = [0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30];
const probeSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/** Creates the metrics of the observatory; those of a role that a process does not have stay empty. */
export function createObservatoryMetrics(registry: Registry): ObservatoryMetrics {
  return { ...createCollectorMetrics(registry), ...createAnswerMetrics(registry) };
}

/** Creates the metrics of the HTTP API; `failed` counts what went wrong beside an answer. */
export function createApiMetrics(registry: Registry, failed: HttpMetrics['failed']): HttpMetrics {
  const requests = registry.counter('nostrata_http_requests_total', 'Requests to the API, by route and status.');
  const seconds = registry.histogram('nostrata_http_request_seconds', 'Time of one answer, by route.', requestSeconds);
  return {
    request(route, status, time) {
      requests.add({ route, status: String(status) });
      seconds.observe(time, { route });
    },
    ...(failed ? { failed } : {}),
  };
}

function createCollectorMetrics(registry: Registry): ObservatoryMetrics {
  const connections = new Map<string, number>();
  let buffered = 0;
  registry.gauges('nostrata_collector_connections', 'Connections to relays, by state.', {
    label: 'state',
    read: () => connections,
  });
  registry.gauge('nostrata_collector_buffered_events', 'Events between socket and durable.', () => buffered);
  const events = registry.counter('nostrata_collector_events_total', 'Events that relays delivered, by outcome.');
  const seconds = registry.histogram('nostrata_collector_flush_seconds', 'Time to write one batch.', flushSeconds);
  const counts = registry.histogram('nostrata_collector_flush_events', 'New events in one batch.', flushEvents);
  const probes = registry.counter('nostrata_probes_total', 'Probes of relays, by result.');
  const took = registry.histogram('nostrata_probe_seconds', 'Time of one probe, all phases together.', probeSeconds);
  return {
    connections: (state, count) => void connections.set(state, count),
    received: (outcome, count) => events.add({ outcome }, count),
    buffered(count) {
      buffered = count;
    },
    flushed(count, time) {
      seconds.observe(time);
      counts.observe(count);
    },
    probed(ok, time) {
      probes.add({ result: ok ? 'ok' : 'failed' });
      took.observe(time);
    },
  };
}

function createAnswerMetrics(registry: Registry): ObservatoryMetrics {
  const lookups = registry.counter('nostrata_cache_lookups_total', 'Look-ups in the cache, by result.');
  const snapshots = registry.histogram('nostrata_snapshot_seconds', 'Time to compute a snapshot.', snapshotSeconds);
  const failures = registry.counter('nostrata_observatory_failures_total', 'Failures that were dealt with, by place.');
  return {
    cacheLookup: (hit) => lookups.add({ result: hit ? 'hit' : 'miss' }),
    snapshot: (range, time) => snapshots.observe(time, { range }),
    failed: (where) => failures.add({ where }),
  };
}
