import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseCompose } from './deploy/compose.ts';
import { readDocument, readDocuments, walkTree } from './deploy/documents.ts';
import { checkManifest, type Manifest } from './deploy/kubernetes.ts';
import { checkExpression, loadMetrics } from './deploy/metrics.ts';
import { type Dashboard, parseDashboard, parseRules } from './deploy/monitoring.ts';
import { parseExpression } from './deploy/promql.ts';
import { checkEnvironment, interpolate } from './deploy/settings.ts';

const root = new URL('..', import.meta.url).pathname;
const manifestFolder = join(root, 'deploy/kubernetes');
const roles = ['relay', 'collector', 'api', 'jobs'];
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const manifestFiles = (await readdir(manifestFolder)).filter((name) => name !== 'kustomization.yaml').sort();
const manifests = manifestFiles.flatMap((name) => readDocuments(join(manifestFolder, name))) as Manifest[];

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string }[];
  readonly readinessProbe?: unknown;
  readonly livenessProbe?: unknown;
  readonly resources?: { readonly requests?: object; readonly limits?: { readonly memory?: string } };
}

interface PodSpec {
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  readonly containers: readonly Container[];
}

/** What runs, of a Deployment or StatefulSet. */
function podOf({ spec }: Manifest): PodSpec {
  const { selector, template } = spec as {
    selector: { matchLabels: Record<string, string> };
    template: { metadata: { labels: Record<string, string> }; spec: { containers: Container[] } };
  };
  return { selector: selector.matchLabels, labels: template.metadata.labels, containers: template.spec.containers };
}

const workloads = manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
const isPart = (part: Readonly<Record<string, string>>, whole: Readonly<Record<string, string>>): boolean =>
  Object.entries(part).every(([name, value]) => whole[name] === value);

describe('Kubernetes', () => {
  test('every object is what the schema of its kind says, and has no field that it does not know', async () => {
    const problems = await Promise.all(manifests.map(checkManifest));
    assert.deepEqual(problems.flat(), []);
    assert.ok(manifests.length >= 18);
  });

  test('a mistyped field, a wrong type, a missing part and an unknown kind are found', async () => {
    const change = async (
      mistake: (spec: Record<string, unknown>, pod: Container & Record<string, unknown>) => void,
    ) => {
      const copy = structuredClone(manifests.find(({ kind }) => kind === 'Deployment')) as Manifest;
      const [container] = podOf(copy).containers;
      assert.ok(container);
      mistake(copy.spec as Record<string, unknown>, container as Container & Record<string, unknown>);
      return (await checkManifest(copy)).join();
    };
    assert.equal(await change(() => {}), '');
    assert.match(await change((spec) => Object.assign(spec, { replica: 2 })), /the schema knows no spec\/replica$/);
    assert.match(
      await change((_, pod) => Object.assign(pod, { livenesProbe: {} })),
      /no .*containers\/0\/livenesProbe$/,
    );
    assert.match(await change((_, pod) => Object.assign(pod, { args: 'up' })), /must be array/);
    assert.match(await change((spec) => delete spec.template), /must have required property template/);
    assert.match((await checkManifest({ ...manifests[0], kind: 'Deploymnt' })).join(), /knows no Deploymnt/);
    assert.match((await checkManifest({ kind: 'Service' })).join(), /has no apiVersion/);
  });

  test('the list of files is complete', () => {
    const { resources } = readDocument(join(manifestFolder, 'kustomization.yaml')) as { resources: string[] };
    assert.deepEqual([...resources].sort(), manifestFiles);
  });

  test('each role has its own processes, all with probes, requests and a bound of memory', () => {
    const roleOf = (manifest: Manifest) =>
      podOf(manifest).containers.flatMap(({ env = [] }) => env.filter(({ name }) => name === 'NOSTRATA_ROLES'));
    const found = workloads.flatMap(roleOf).map(({ value }) => value);
    assert.deepEqual(found.sort(), [...roles].sort());
    for (const workload of workloads) {
      const { containers, labels, selector } = podOf(workload);
      assert.ok(isPart(selector, labels), `${workload.metadata.name} does not select its own pods`);
      for (const { name, readinessProbe, livenessProbe, resources } of containers) {
        assert.ok(readinessProbe && livenessProbe, `${name} of ${workload.metadata.name} has no probes`);
        assert.ok(
          resources?.requests && resources.limits?.memory,
          `${name} of ${workload.metadata.name} has no bounds`,
        );
      }
    }
  });

  test('every service, budget, policy and way in leads to pods, by a port that they have', () => {
    const portsOf = (selector: Readonly<Record<string, string>>) => {
      const pods = workloads.map(podOf).filter(({ labels }) => isPart(selector, labels));
      return pods.flatMap(({ containers }) => containers.flatMap(({ ports = [] }) => ports.map(({ name }) => name)));
    };
    const services = manifests.filter(({ kind }) => kind === 'Service');
    for (const { metadata, spec } of services) {
      const { selector, ports } = spec as { selector: Record<string, string>; ports: { targetPort: string }[] };
      for (const { targetPort } of ports) assert.ok(portsOf(selector).includes(targetPort), metadata.name);
    }
    for (const manifest of manifests) {
      for (const [path, value] of walkTree(manifest.spec)) {
        if (path.at(-1) === 'matchLabels') assert.ok(portsOf(value as Record<string, string>).length > 0, `${path}`);
        if (path.at(-1) !== 'service') continue;
        const { name } = value as { name: string };
        assert.ok(
          services.some(({ metadata }) => metadata.name === name),
          `there is no service ${name}`,
        );
      }
    }
  });

  test('settings are settings of the program, with values that it takes', () => {
    const environment: [string, string][] = workloads
      .flatMap((workload) => podOf(workload).containers.flatMap(({ env = [] }) => env))
      .map(({ name, value = '' }) => [name, value]);
    const maps = manifests.filter(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> }[];
    const all = Object.fromEntries([...environment, ...maps.flatMap(({ data }) => Object.entries(data))]);
    assert.ok('NOSTRATA_STORE' in all && 'NOSTRATA_CACHE' in all);
    assert.deepEqual(checkEnvironment(all), []);
    assert.notEqual(all.NOSTRATA_METRICS, 'no', 'the probes ask for the metrics');
    assert.deepEqual(checkEnvironment({ NOSTRATA_ROLE: 'relay', NOSTRATA_PORT: 'x', PATH: '' }).length, 2);
  });
});

describe('docker compose', () => {
  const content = readDocument(join(root, 'docker-compose.yml'));
  const file = parseCompose(content);

  test('the file keeps the rules of the specification, and mistakes are found', () => {
    const change = (path: readonly string[], value: unknown) => {
      const copy = structuredClone(content) as Record<string, unknown>;
      const target = path.slice(0, -1).reduce((at, name) => at[name] as Record<string, unknown>, copy);
      target[path.at(-1) ?? ''] = value;
      return () => parseCompose(copy);
    };
    assert.throws(change(['services', 'server', 'enviroment'], {}), /enviroment/);
    assert.throws(change(['services', 'server', 'depends_on'], ['mysql']), /mysql, which there is not/);
    assert.throws(change(['services', 'redis', 'healthcheck'], undefined), /waits for the health of redis/);
    assert.throws(change(['services', 'server', 'volumes'], ['elsewhere:/data']), /elsewhere, which there is not/);
    assert.throws(change(['services', 'postgres', 'stop_grace_period'], 60), /stop_grace_period/);
    assert.deepEqual(Object.keys(file.services).slice(0, 3), ['server', 'postgres', 'redis']);
  });

  test('settings are settings of the program, with values that it takes', () => {
    const environment = Object.entries(file.services.server?.environment ?? {});
    const interpolated = Object.fromEntries(environment.map(([name, value]) => [name, interpolate(value)]));
    assert.equal(interpolated.NOSTRATA_ROLES, roles.join(','));
    assert.deepEqual(checkEnvironment(interpolated), []);
  });

  test('folders of this repository that are mounted exist, and no port is open to the world unless told', () => {
    for (const [name, { volumes = [], ports = [] }] of Object.entries(file.services)) {
      for (const volume of volumes.filter((each) => each.startsWith('.'))) {
        assert.ok(existsSync(join(root, volume.split(':', 1)[0] ?? '')), `${name} mounts ${volume}`);
      }
      for (const port of ports) assert.match(interpolate(port), /^127\.0\.0\.1:/, name);
    }
  });
});

describe('the image', () => {
  const lines = read('Dockerfile').replaceAll('\\\n', ' ').split('\n');
  const wordsOf = (instruction: string) =>
    lines.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.split(/\s+/).slice(1));

  test('it runs on the Node.js of the project, and what it copies and starts is there', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
    const major = devDependencies.node?.split('.', 1)[0];
    for (const [image = ''] of wordsOf('FROM')) assert.ok(image.startsWith(`node:${major}-`), image);
    const sources = wordsOf('COPY')
      .filter(([first]) => !first?.startsWith('--'))
      .flatMap((words) => words.slice(0, -1));
    const allowed = read('.dockerignore').split('\n');
    for (const source of sources.map((each) => each.replace('./', ''))) {
      assert.ok(existsSync(join(root, source)), `there is no ${source}`);
      assert.ok(allowed.includes(`!${source}`), `${source} is kept out by .dockerignore`);
    }
    const [entry = ''] = lines.filter((line) => line.startsWith('ENTRYPOINT '));
    const [, program = ''] = JSON.parse(entry.slice('ENTRYPOINT '.length)) as string[];
    assert.ok(existsSync(join(root, program)), program);
    assert.deepEqual(wordsOf('USER'), [['node']]);
  });

  test('its settings are settings of the program', () => {
    const pairs = wordsOf('ENV')
      .flat()
      .map((word) => word.split('=', 2) as [string, string]);
    assert.ok(pairs.some(([name]) => name === 'NOSTRATA_DATA'));
    assert.deepEqual(checkEnvironment(Object.fromEntries(pairs)), []);
  });
});

const metrics = loadMetrics();

describe('alerts', () => {
  const rules = parseRules(readDocument(join(root, 'deploy/prometheus/alerts.yml')));

  test('every expression reads metrics and labels that the program exports', () => {
    for (const { alert, expr } of rules) {
      assert.deepEqual(checkExpression(parseExpression(expr), metrics), [], alert);
    }
  });

  test('a metric, a label or an expression that there is not is found', () => {
    const check = (text: string) => checkExpression(parseExpression(text), metrics).join();
    assert.equal(check('sum by (verb) (rate(nostrata_messages_total{verb="REQ"}[5m]))'), '');
    assert.match(check('nostrata_message_total'), /nobody exports nostrata_message_total/);
    assert.match(check('rate(nostrata_messages_total{verbs="REQ"}[5m])'), /has no label verbs/);
    assert.match(check('sum by (color) (nostrata_connections)'), /has a label color/);
    assert.match(check('nostrata_query_seconds > 1'), /is not how a histogram is read/);
    assert.match(check('rate(nostrata_connections_count[5m])'), /is not how a gauge is read/);
    assert.throws(() => parseExpression('sum by (verb) rate(x[5m)'), /is no PromQL/);
  });

  test('what an alert says of itself is known where it is said', () => {
    for (const { alert, expr, annotations } of rules) {
      const { selectors, groupings, isAggregated } = parseExpression(expr);
      const own = selectors.flatMap(({ metric }) => metrics.get(metric)?.labels ?? []);
      const known = isAggregated ? groupings : ['job', 'instance', ...own];
      const named = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      for (const label of named) assert.ok(known.includes(label), `${alert} says ${label}`);
    }
  });

  test('every alert has another name, and its paragraph in docs/operate.md', () => {
    const names = rules.map(({ alert }) => alert);
    assert.equal(new Set(names).size, names.length);
    const explained = [...read('docs/operate.md').matchAll(/^\| `(Nostrata\w+)` \|/gm)].map(([, name]) => name);
    assert.deepEqual(explained, names);
  });
});

describe('the dashboard', () => {
  const dashboard: Dashboard = parseDashboard(JSON.parse(read('deploy/grafana/nostrata.json')));
  const panels = dashboard.panels.filter((panel) => panel.type !== 'row');
  // What Grafana puts in before Prometheus sees it.
  const expressions = panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ title, expr: expr.replaceAll('$__rate_interval', '5m') })),
  );

  test('every panel reads metrics and labels that the program exports', () => {
    for (const { title, expr } of expressions) {
      assert.deepEqual(checkExpression(parseExpression(expr), metrics), [], `${title}: ${expr}`);
    }
  });

  test('every metric of this program is drawn', () => {
    const read = new Set(
      expressions.flatMap(({ expr }) => parseExpression(expr).selectors.map(({ metric }) => metric)),
    );
    const isRead = (name: string) => ['', '_bucket', '_sum', '_count'].some((part) => read.has(`${name}${part}`));
    assert.deepEqual(
      [...metrics.keys()].filter((name) => !isRead(name)),
      [],
    );
  });

  test('panels have numbers of their own and do not lie on each other', () => {
    const taken = new Map<string, string>();
    for (const { title, gridPos } of dashboard.panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          const other = taken.get(`${x} ${y}`);
          assert.equal(other, undefined, `${title} lies on ${other}`);
          taken.set(`${x} ${y}`, title);
        }
      }
    }
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  });
});

test('Prometheus and Grafana are led to files that are there', () => {
  const prometheus = readDocument(join(root, 'deploy/prometheus/prometheus.yml')) as { rule_files: string[] };
  assert.deepEqual(prometheus.rule_files, ['alerts.yml']);
  const provider = readDocument(join(root, 'deploy/grafana/provisioning/dashboards/nostrata.yml'));
  const { providers } = provider as { providers: { options: { path: string } }[] };
  const { volumes = [] } = parseCompose(readDocument(join(root, 'docker-compose.yml'))).services.grafana ?? {};
  assert.ok(volumes.includes(`./deploy/grafana:${providers[0]?.options.path}:ro`));
  const sources = readDocument(join(root, 'deploy/grafana/provisioning/datasources/prometheus.yml'));
  assert.match(JSON.stringify(sources), /"url":"http:\/\/prometheus:9090"/);
});
