import { access, constants, readFile } from 'node:fs/promises';
import { probeVerifiers } from '@nostrata/ingest';
import type { EventStore } from '@nostrata/store';
import { composeStore } from '../compose-door.ts';
import { freeBytesMin, openFilesMin } from '../limits.ts';
import { getStoreFolder, getStoreUrl, loadFreeBytes, redactStoreUrl } from '../store-url.ts';
import { version } from '../version.ts';
import { examineAccounts } from './doctor-accounts.ts';
import { exitCode, explainFailure } from './exit.ts';
import type { Finding } from './finding.ts';
import type { Invocation } from './invocation.ts';
import { formatBytes, formatCount, formatFacts, print } from './terminal.ts';

/** `nostrata doctor`: the machine, the signature check, the store and accounts. Fails where something is wrong. */
export async function runDoctor(invocation: Invocation): Promise<number> {
  const { terminal, json } = invocation;
  const findings: Finding[] = [
    {
      name: 'program',
      value: `Nostrata ${version}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}`,
    },
    await examineVerifier(invocation),
    ...(await examineStore(invocation)),
    ...(await examineAccounts(invocation)),
    await examineOpenFiles(),
    examineClock(invocation.host.now()),
  ];
  const problems = findings.flatMap(({ problem }) => problem ?? []);
  const hints = findings.flatMap(({ hint }) => hint ?? []);
  if (json) {
    const facts = Object.fromEntries(findings.map(({ name, value }) => [name, value]));
    await print(terminal, JSON.stringify({ ...facts, problems, hints }));
  } else {
    await print(terminal, formatFacts(findings.map(({ name, value }) => [name, value])));
    for (const problem of problems) await print(terminal, `\nProblem: ${problem}`);
    for (const hint of hints) await print(terminal, `\nFaster: ${hint}`);
    if (problems.length === 0) await print(terminal, '\nEverything is well.');
  }
  return problems.length === 0 ? exitCode.ok : exitCode.failure;
}

async function examineVerifier({ settings }: Invocation): Promise<Finding> {
  const report = await probeVerifiers();
  const workers = settings.verifyWorkers || report.workers;
  const value = `${report.backend}, ${formatCount(report.verifiesPerSecond)} a second on each of ${workers} ${workers === 1 ? 'thread' : 'threads'}`;
  return { name: 'signatures', value, hint: report.hints.join(' ') || undefined };
}

async function examineStore({ settings, host }: Invocation): Promise<Finding[]> {
  const url = getStoreUrl(settings);
  const shown = redactStoreUrl(url);
  try {
    await using store = await composeStore({ settings, now: host.now });
    return [await examineContents(store, shown), ...(await examineDisk(url))];
  } catch (error) {
    return [{ name: 'store', value: shown, problem: explainFailure(error).line }];
  }
}

async function examineContents(store: EventStore, shown: string): Promise<Finding> {
  const { events, bytes } = await store.statistics();
  return { name: 'store', value: `${shown}, ${formatCount(events)} events, ${formatBytes(bytes)}` };
}

async function examineDisk(url: string): Promise<Finding[]> {
  const folder = getStoreFolder(url);
  const freeBytes = await loadFreeBytes(url);
  if (folder === undefined || freeBytes === undefined) return [];
  const isWritable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  const value = `${formatBytes(freeBytes)} free, ${isWritable ? 'writable' : 'not writable'}`;
  if (!isWritable) return [{ name: 'disk', value, problem: `${folder} is not writable by this user` }];
  const problem = freeBytes < freeBytesMin ? `less than ${formatBytes(freeBytesMin)} are free: make room` : undefined;
  return [{ name: 'disk', value, problem }];
}

/** Each client is an open file. */
async function examineOpenFiles(): Promise<Finding> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.NaN);
  if (!Number.isFinite(soft)) return { name: 'open files', value: 'not known on this system' };
  const problem = soft < openFilesMin ? `only ${formatCount(soft)} clients can connect: ulimit -n 65536` : undefined;
  return { name: 'open files', value: `${formatCount(soft)} at most`, problem };
}

/** Events dated by a wrong clock are refused everywhere; this program cannot be older than its own year. */
function examineClock(nowMs: number): Finding {
  const problem = nowMs < Date.UTC(2026, 0, 1) ? 'the clock of this machine is behind: set it' : undefined;
  return { name: 'clock', value: new Date(nowMs).toISOString(), problem };
}
