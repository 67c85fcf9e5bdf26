import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry } from './registry.ts';

test('counters, gauges and histograms are written as Prometheus reads them', () => {
  const registry = createRegistry();
  const messages = registry.counter('messages_total', 'Messages by verb.');
  registry.counter('quiet_total', 'Nothing yet.');
  registry.gauge('depth', 'Now.', () => 1.5);
  const seconds = registry.histogram('query_seconds', 'Time.', [0.1, 1]);
  messages.add({ verb: 'REQ' });
  messages.add({ verb: 'REQ' }, 2);
  messages.add({ verb: 'a"b\\c\nd' });
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(value);
  assert.equal(
    registry.render(),
    [
      '# HELP messages_total Messages by verb.',
      '# TYPE messages_total counter',
      'messages_total{verb="REQ"} 3',
      'messages_total{verb="a\\"b\\\\c\\nd"} 1',
      '# HELP quiet_total Nothing yet.',
      '# TYPE quiet_total counter',
      'quiet_total 0',
      '# HELP depth Now.',
      '# TYPE depth gauge',
      'depth 1.5',
      '# HELP query_seconds Time.',
      '# TYPE query_seconds histogram',
      'query_seconds_bucket{le="0.1"} 2',
      'query_seconds_bucket{le="1"} 3',
      'query_seconds_bucket{le="+Inf"} 4',
      'query_seconds_sum 7.65',
      'query_seconds_count 4',
      '',
    ].join('\n'),
  );
});
