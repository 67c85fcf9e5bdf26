import assert from 'node:assert/strict';
import type { Database, PostgresDatabase } from '../../packages/database/index.ts';
import { createMetrics } from '../../packages/server/src/metrics/metrics.ts';
import type { Expression } from './promql.ts';

/** A metric that the program exports. */
export interface KnownMetric {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
}

/** What Prometheus itself knows of every target. */
const ownMetrics: Readonly<Record<string, KnownMetric>> = { up: { type: 'gauge', labels: [] } };
const targetLabels = ['job', 'instance'];

/** Every metric by its name. */
export function loadMetrics(): ReadonlyMap<string, KnownMetric> {
  return new Map([...Object.entries(ownMetrics), ...readExposition(renderEverything())]);
}

/** A database with a pool of connections that nobody uses. */
const pooled = {
  dialect: 'postgres',
  query: async () => [],
  transaction: async () => assert.fail('nothing is written'),
  close: async () => undefined,
  connections: () => ({ busy: 0, idle: 0, waiting: 0 }),
  [Symbol.asyncDispose]: async () => undefined,
} as const satisfies Database & Pick<PostgresDatabase, 'connections'>;

/** The text of a program in which everything happened once, so that every label is seen. */
function renderEverything(): string {
  const metrics = createMetrics(() => 0);
  metrics.store.committed?.(1, 1);
  metrics.ingest.submitted?.(1, 'rejected', 'kinds');
  metrics.relay.connectionOpened?.();
  metrics.relay.connectionClosed?.('client');
  metrics.relay.messageReceived?.('REQ');
  metrics.relay.messageRejected?.('REQ', 'invalid');
  metrics.relay.queryAnswered?.('REQ', 1);
  const { observatory } = metrics;
  observatory.connections?.('open', 1);
  observatory.received?.('novel', 1);
  observatory.flushed?.(1, 1);
  observatory.probed?.(true, 1);
  metrics.api.request?.('/health', 200, 1);
  observatory.cacheLookup?.(true);
  observatory.snapshot?.('24h', 1);
  observatory.failed?.('somewhere');
  metrics.accounts.signIn?.('challenge', 'ok');
  metrics.accounts.payment?.('btcpay', 'settled');
  metrics.accounts.delivery?.('btcpay', 'accepted');
  metrics.accounts.failed?.('somewhere');
  metrics.shared.cached({ entries: 0, hits: 0, misses: 0 });
  metrics.shared.measure(pooled);
  metrics.swallowed('somewhere');
  const text = metrics.render();
  metrics.stop();
  return text;
}

function readExposition(text: string): [string, KnownMetric][] {
  return [...text.matchAll(/^# TYPE (\S+) (counter|gauge|histogram)$/gm)].map(([, name = '', type]) => {
    const samples = [...text.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?(?:{(.*)})? `, 'gm'))];
    const labels = samples.flatMap(([, inner = '']) => [...inner.matchAll(/(\w+)="/g)].map(([, label = '']) => label));
    return [
      name,
      { type: type as KnownMetric['type'], labels: [...new Set(labels)].filter((label) => label !== 'le') },
    ];
  });
}

/** What is wrong with an expression: metrics and labels that nobody exports, and histograms read as plain numbers. */
export function checkExpression(expression: Expression, metrics: ReadonlyMap<string, KnownMetric>): string[] {
  const problems: string[] = [];
  const known = new Set(targetLabels);
  for (const { metric, labels } of expression.selectors) {
    const base = metric.replace(/_(?:bucket|sum|count)$/, '');
    const found = metrics.get(metric) ?? metrics.get(base);
    const isPart = !metrics.has(metric) && base !== metric;
    if (!found || isPart !== (found.type === 'histogram')) {
      problems.push(found ? `${metric} is not how a ${found.type} is read` : `nobody exports ${metric}`);
      continue;
    }
    const own = [...targetLabels, ...found.labels, ...(metric.endsWith('_bucket') ? ['le'] : [])];
    for (const label of own) known.add(label);
    for (const label of Object.keys(labels)) if (!own.includes(label)) problems.push(`${metric} has no label ${label}`);
  }
  for (const label of expression.groupings) if (!known.has(label)) problems.push(`nothing here has a label ${label}`);
  return problems;
}
