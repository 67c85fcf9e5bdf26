import { limits } from './limits.ts';

/** Work of the gate: a suite, or the checks. */
export type Job = () => Promise<void>;

/** Suites that take longest. They start first, so that none of them runs on alone at the end. */
const longest =
  /\/(conformance|kill|[a-z-]*real-input|browser|use|documents)\.test\.ts$|\/e2e\/|\/core\/src\/faults\.test\.ts$/;

/** Suites that wait more than they compute: leases, deadlines, other processes. One of them runs beside the others. */
const patient = /\/e2e\/observatory-[a-z]+\.test\.ts$/;

/** Suites that measure time or load. They run at the end, one at a time, with nothing beside them. */
const timed =
  /\/collector\/processes\.test\.ts$|\/e2e\/start-and-stop\.test\.ts$|\/cache\/src\/redis\/faults\.test\.ts$/;

/** Suites by when they run. */
export interface Plan {
  readonly busy: readonly string[];
  readonly patient: readonly string[];
  readonly timed: readonly string[];
}

/** Puts suites into the order in which they start. */
export function planSuites(suites: readonly string[]): Plan {
  const rank = (path: string): number => (longest.test(path) ? 0 : 1);
  const sorted = suites.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const kinds = Object.groupBy(sorted, (path) => {
    if (timed.test(path)) return 'timed';
    return patient.test(path) ? 'patient' : 'busy';
  });
  return { busy: kinds.busy ?? [], patient: kinds.patient ?? [], timed: kinds.timed ?? [] };
}

/** Runs the suites of a plan; the checks share the processors with the first of them. */
export async function runPlan(
  { busy, patient, timed }: Plan,
  work: { readonly checks: Job; readonly suite: (path: string) => Promise<void> },
): Promise<void> {
  const runAll = async (waiting: string[]): Promise<void> => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) await work.suite(path);
  };
  const computing = [...busy];
  const waiting = [...patient];
  const lanes = Array.from({ length: limits.suitesAtOnce }, async (_, lane) => {
    if (lane === 0) await work.checks();
    await runAll(computing);
    // No lane is left idle while suites that wait stand in a row.
    await runAll(waiting);
  });
  await Promise.all([...lanes, runAll(waiting)]);
  await runAll([...timed]);
}
