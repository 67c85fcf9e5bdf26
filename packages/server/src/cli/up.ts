import { composeServer } from '../compose.ts';
import { stopMsMax } from '../limits.ts';
import { getStoreUrl, redactStoreUrl } from '../store-url.ts';
import { version } from '../version.ts';
import { exitCode } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { createLogger } from './logger.ts';
import { formatFacts, print, say } from './terminal.ts';

/** `nostrata up`: runs the relay until SIGINT or SIGTERM. */
export async function runUp(invocation: Invocation): Promise<number> {
  const { settings, given, terminal, host, json } = invocation;
  const logger = createLogger(settings.logLevel);
  const server = await composeServer({ settings, given, now: host.now, logger });
  const store = redactStoreUrl(getStoreUrl(settings));
  if (json) {
    await print(terminal, JSON.stringify({ url: server.url, port: server.port, store, pid: process.pid }));
  } else {
    const { backend, workers } = server.ingest.verifier;
    const facts = formatFacts([
      ['clients', server.url],
      ['browser', server.url.replace(/^ws/, 'http')],
      ['events', store],
      ['signatures', `${backend}, ${workers} ${workers === 1 ? 'thread' : 'threads'}`],
    ]);
    await print(
      terminal,
      `Nostrata ${version} is up. Point a Nostr client to ${server.url}\n\n${facts}\n\nCtrl-C ends it.`,
    );
  }
  await aborted(terminal.interrupted);
  if (!json) say(terminal, 'Ending: what was acknowledged is being finished.');
  const deadline = setTimeout(() => {
    say(terminal, `nostrata: the end took longer than ${stopMsMax / 1000} s and was cut short`);
    process.exit(exitCode.failure);
  }, stopMsMax);
  await server.stop();
  clearTimeout(deadline);
  return exitCode.ok;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
