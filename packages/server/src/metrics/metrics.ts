import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HttpMetrics } from '@nostrata/http';
import type { IngestMetrics } from '@nostrata/ingest';
import type { ObservatoryMetrics } from '@nostrata/observatory';
import type { RelayMetrics } from '@nostrata/relay';
import type { StoreMetrics } from '@nostrata/store';
import { type AccountsMetrics, createAccountsMetrics } from './accounts-metrics.ts';
import { createApiMetrics, createObservatoryMetrics } from './observatory-metrics.ts';
import { createRegistry } from './registry.ts';
import { createSharedMetrics, type SharedMetrics } from './shared-metrics.ts';
import { createTrustMetrics, type TrustMetrics } from './trust-metrics.ts';

/** What the rooms report to, and what can be read back. */
export interface Metrics {
  readonly store: StoreMetrics;
  readonly ingest: IngestMetrics;
  readonly relay: RelayMetrics;
  readonly observatory: ObservatoryMetrics;
  readonly api: HttpMetrics;
  readonly shared: SharedMetrics;
  readonly trust: TrustMetrics;
  readonly accounts: AccountsMetrics;
  /** A failure that was dealt with and would otherwise leave no trace. */
  swallowed(where: string): void;
  /** The Prometheus text. */
  render(): string;
  readonly lastCommitMs: number | null;
  readonly queueEvents: number;
  stop(): void;
}

// Kinds that are counted by themselves; the rest by class, so that a stranger cannot make series without end.
const namedKinds: ReadonlySet<number> = new Set([
  0, 1, 3, 4, 5, 6, 7, 9, 13, 14, 16, 42, 62, 443, 444, 445, 1059, 1063, 1111, 1984, 1985, 9734, 9735, 10000, 10002,
  10050, 22242, 30000, 30023, 30078, 30311, 39000,
]);
const querySeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const commitSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const batchEvents = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

/** Creates the metrics of the program. */
export function createMetrics(now: () => number): Metrics {
  const registry = createRegistry();
  const state = { lastCommitMs: null as number | null, queueEvents: 0, connections: 0, subscriptions: 0 };
  const failures = registry.counter('nostrata_failures_swallowed_total', 'Failures that were dealt with, by place.');
  const stopProcess = addProcess(registry);
  const observatory = createObservatoryMetrics(registry);
  return {
    store: createStoreMetrics(registry, state, now),
    ingest: createIngestMetrics(registry, state),
    relay: createRelayMetrics(registry, state),
    observatory,
    api: createApiMetrics(registry, observatory.failed),
    shared: createSharedMetrics(registry),
    trust: createTrustMetrics(registry),
    accounts: createAccountsMetrics(registry),
    swallowed: (where) => failures.add({ where }),
    render: () => registry.render(),
    get lastCommitMs() {
      return state.lastCommitMs;
    },
    get queueEvents() {
      return state.queueEvents;
    },
    stop: stopProcess,
  };
}

type Registry = ReturnType<typeof createRegistry>;

interface State {
  lastCommitMs: number | null;
  queueEvents: number;
  connections: number;
  subscriptions: number;
}

function createStoreMetrics(registry: Registry, state: State, now: () => number): StoreMetrics {
  const seconds = registry.histogram(
    'nostrata_commit_seconds',
    'Time from begin to durable of one transaction.',
    commitSeconds,
  );
  const events = registry.histogram('nostrata_batch_events', 'Events in one transaction.', batchEvents);
  registry.gauge('nostrata_last_commit_timestamp_seconds', 'When the last transaction was committed; 0 before.', () => {
    return (state.lastCommitMs ?? 0) / 1000;
  });
  return {
    committed(count, took) {
      seconds.observe(took);
      events.observe(count);
      state.lastCommitMs = now();
    },
  };
}

function createIngestMetrics(registry: Registry, state: State): IngestMetrics {
  const events = registry.counter('nostrata_events_total', 'Events handed in, by kind and outcome.');
  const rejects = registry.counter('nostrata_rejects_total', 'Events refused, by policy or check.');
  registry.gauge('nostrata_queue_events', 'Events between arrival and commit.', () => state.queueEvents);
  return {
    submitted(kind, outcome, rejectedBy) {
      events.add({ kind: kindLabel(kind), outcome });
      if (rejectedBy !== undefined) rejects.add({ by: rejectedBy });
    },
    queueDepth(count) {
      state.queueEvents = count;
    },
  };
}

function createRelayMetrics(registry: Registry, state: State): RelayMetrics {
  const messages = registry.counter('nostrata_messages_total', 'Messages from clients, by verb.');
  const refused = registry.counter('nostrata_messages_refused_total', 'Messages refused, by verb and prefix.');
  const opened = registry.counter('nostrata_connections_opened_total', 'Connections taken.');
  const closed = registry.counter('nostrata_connections_closed_total', 'Connections ended, by reason.');
  const slow = registry.counter('nostrata_slow_clients_total', 'Readers cut because they did not read.');
  const bytes = registry.counter('nostrata_sent_bytes_total', 'Bytes handed to sockets.');
  const seconds = registry.histogram(
    'nostrata_query_seconds',
    'From request to the last stored event, by verb.',
    querySeconds,
  );
  registry.gauge('nostrata_connections', 'Connections open.', () => state.connections);
  registry.gauge('nostrata_subscriptions', 'Subscriptions open.', () => state.subscriptions);
  return {
    connectionOpened() {
      opened.add();
      state.connections += 1;
    },
    connectionClosed(reason) {
      closed.add({ reason });
      state.connections -= 1;
    },
    messageReceived: (verb) => messages.add({ verb }),
    messageRejected: (verb, prefix) => refused.add({ verb, prefix }),
    queryAnswered: (verb, took) => seconds.observe(took, { verb }),
    slowClientCut: () => slow.add(),
    bytesSent: (count) => bytes.add(undefined, count),
    subscriptionsOpen(count) {
      state.subscriptions = count;
    },
  };
}

function addProcess(registry: Registry): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  registry.gauge('process_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss());
  registry.gauge('nodejs_heap_used_bytes', 'Memory in use by JavaScript.', () => process.memoryUsage().heapUsed);
  registry.gauge('process_cpu_seconds_total', 'CPU time used, all threads.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  registry.gauge('process_uptime_seconds', 'Time since the start.', () => process.uptime());
  registry.gauge(
    'nodejs_event_loop_delay_p50_seconds',
    'Median delay of the event loop since the last reading.',
    () => {
      return delay.percentile(50) / 1e9;
    },
  );
  // Read last: the next reading starts afresh.
  registry.gauge('nodejs_event_loop_delay_p99_seconds', 'The same, 99th percentile.', () => {
    const seconds = delay.percentile(99) / 1e9;
    delay.reset();
    return seconds;
  });
  return () => delay.disable();
}

/** The label of a kind: the number of the well-known ones, the class of the rest. */
function kindLabel(kind: number): string {
  if (namedKinds.has(kind)) return String(kind);
  if (kind >= 10_000 && kind < 20_000) return 'other replaceable';
  if (kind >= 20_000 && kind < 30_000) return 'other ephemeral';
  if (kind >= 30_000 && kind < 40_000) return 'other addressable';
  return kind >= 0 && kind <= 65_535 ? 'other regular' : 'invalid';
}
