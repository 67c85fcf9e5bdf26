import type { RetentionReport } from '@nostrata/store';
import { composeStore } from '../compose-door.ts';
import { ConfigError } from '../config/errors.ts';
import { toRetentionPolicy } from '../jobs.ts';
import { exitCode } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { formatBytes, formatCount, formatFacts, print } from './terminal.ts';

/** `nostrata retain`: removes what the policy does not keep. */
export async function runRetain({ settings, host, terminal, json }: Invocation, dryRun: boolean): Promise<number> {
  const policy = toRetentionPolicy(settings);
  if (!policy) {
    throw new ConfigError('there is nothing to do: say what may go with --retain-age 90d or --retain-bytes 10GB');
  }
  await using store = await composeStore({ settings, now: host.now });
  const report = await store.retain({ ...policy, dryRun });
  if (json) await print(terminal, JSON.stringify({ ...report, dryRun }));
  else await print(terminal, describe(report, dryRun));
  return exitCode.ok;
}

function describe(report: RetentionReport, dryRun: boolean): string {
  const { removed, bytesBefore, bytesAfter, incomplete } = report;
  if (dryRun) {
    if (removed === 0) return 'Nothing would go: everything is within the policy.';
    return `${formatCount(removed)} events would go (nothing was changed). The store has ${formatBytes(bytesBefore)} now.`;
  }
  const facts = formatFacts([
    ['removed', `${formatCount(removed)} events in ${formatCount(report.batches)} batches`],
    ['on disk', `${formatBytes(bytesBefore)} before, ${formatBytes(bytesAfter)} now`],
  ]);
  const note = incomplete ? '\nThe size could not be reached: everything that is left is protected.' : '';
  return removed === 0 ? `Nothing was removed: everything is within the policy.${note}` : facts + note;
}
