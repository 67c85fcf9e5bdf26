import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createWorld } from './world.ts';

const help = `npm run demo [-- --port N --relays N --people N --rate N]

Starts Nostrata with its observatory on a network that is made up: relays on this machine, and people who never were.
Nothing leaves this machine, and everything is gone when it ends.

  --port N     where the page is (default: 7448)
  --relays N   relays (default: 300)
  --people N   people (default: 900)
  --rate N     events a second (default: 12)`;

const program = join(import.meta.dirname, '../packages/server/bin/nostrata.ts');

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '7448' },
      relays: { type: 'string', default: '300' },
      people: { type: 'string', default: '900' },
      rate: { type: 'string', default: '12' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return console.log(help);
  console.log(`A made-up network of ${values.relays} relays is being started …`);
  const data = await mkdtemp(join(tmpdir(), 'nostrata-demo-'));
  await using world = await createWorld({
    relays: Number(values.relays),
    people: Number(values.people),
    pastEvents: 12_000,
    pastDays: 60,
    eventsPerSecond: Number(values.rate),
  });
  const code = await runServer(['--port', values.port, '--data', data], world.urls, () => world.live());
  await rm(data, { recursive: true, force: true });
  process.exitCode = code;
}

/** Runs the server until it ends by itself or is told to. */
async function runServer(words: readonly string[], urls: readonly string[], onUp: () => void): Promise<number> {
  const settings = {
    NOSTRATA_ROLES: 'relay,api,collector,jobs',
    NOSTRATA_COLLECT_RELAYS: urls.join(','),
    NOSTRATA_COLLECT_KINDS: '*',
    NOSTRATA_COLLECT_CONNECTIONS: String(urls.length),
    NOSTRATA_COLLECT_PAST: '90d',
    NOSTRATA_COLLECT_FLUSH: '1',
    NOSTRATA_PROBE_EVERY: '30',
    NOSTRATA_ALLOW_LOCAL_RELAYS: 'yes',
    NOSTRATA_RATE_LIMIT: '0',
    NOSTRATA_SYNTHETIC: 'yes',
    NOSTRATA_SNAPSHOT_SCHEDULE: '*/4 * * * * *',
    NOSTRATA_RELAY_NAME: 'Demonstration',
  };
  const server = spawn(process.execPath, [program, 'up', ...words], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // Both get Ctrl-C from the terminal; the server says when it has ended.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => server.kill('SIGTERM'));
  onUp();
  return await new Promise((resolve) => server.on('close', (code) => resolve(code ?? 1)));
}
