import type { Ingest } from '@nostrata/ingest';
import { idOfSerialized } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import { composeIngest, composeStore } from '../compose-door.ts';
import { loadSettings } from '../config/load.ts';
import { verifyProblemsMax } from '../limits.ts';
import { exitCode } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { createLogger } from './logger.ts';
import { createProgress, type Progress } from './progress.ts';
import { formatCount, formatSeconds, print } from './terminal.ts';

/** What a check of every event found. */
interface Findings {
  events: number;
  bad: number;
  /** The first ones; `bad` counts them all. */
  readonly problems: string[];
}

/** `nostrata verify`: the id and signature of every stored event, then every index. */
export async function runVerify(invocation: Invocation): Promise<number> {
  const { settings, host, terminal, json } = invocation;
  const startMs = host.now();
  const findings: Findings = { events: 0, bad: 0, problems: [] };
  await using store = await composeStore({ settings, now: host.now });
  const { events: total } = await store.statistics();
  const progress = createProgress(terminal.notes, host.now, 'verify');
  {
    // The door itself checks: behind it stands a shelf that knows nothing and keeps nothing, and it has no policies.
    const door = await composeIngest(
      blankShelf,
      {
        ...loadSettings({}),
        settings: { ...loadSettings({}).settings, verifyWorkers: settings.verifyWorkers },
        now: host.now,
        logger: createLogger(settings.logLevel),
      },
      { isImport: true },
    );
    await using ingest = door;
    try {
      await checkEvents({ store, ingest, findings, progress, total, signal: terminal.interrupted });
    } catch (error) {
      if (terminal.interrupted.aborted) return exitCode.interrupted;
      throw error;
    } finally {
      progress.clear();
    }
  }
  const { problems } = await store.check();
  const all = [...findings.problems, ...problems];
  const seconds = (host.now() - startMs) / 1000;
  if (json) {
    await print(terminal, JSON.stringify({ events: findings.events, bad: findings.bad, problems: all, seconds }));
  } else {
    for (const problem of all) await print(terminal, problem);
    const verdict =
      all.length === 0
        ? 'no problems'
        : `${formatCount(findings.bad)} bad events, ${formatCount(problems.length)} problems of indexes`;
    await print(terminal, `Checked ${formatCount(findings.events)} events in ${formatSeconds(seconds)}: ${verdict}`);
  }
  return all.length === 0 ? exitCode.ok : exitCode.failure;
}

const blankShelf: Pick<EventStore, 'put' | 'findKnown'> = {
  put: async (batch) => batch.map(() => ({ outcome: 'stored' as const })),
  findKnown: (queries) => queries.map(() => false),
};

interface Check {
  readonly store: Pick<EventStore, 'query'>;
  readonly ingest: Ingest;
  readonly findings: Findings;
  readonly progress: Progress;
  readonly total: number;
  readonly signal: AbortSignal;
}

async function checkEvents({ store, ingest, findings, progress, total, signal }: Check): Promise<void> {
  for await (const page of store.query([{}], { signal })) {
    await Promise.all(
      page.map(async ({ json }) => {
        const result = await ingest.submit(JSON.parse(json), { via: 'import' });
        findings.events += 1;
        if (result.accepted) return;
        findings.bad += 1;
        const problem = `event ${idOfSerialized(json)}: ${result.rejection.message}`;
        if (findings.problems.length < verifyProblemsMax) findings.problems.push(problem);
      }),
    );
    progress.update({ events: findings.events, done: findings.events, total });
  }
}
