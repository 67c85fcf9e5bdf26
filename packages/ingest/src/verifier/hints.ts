import { backendNames, hintToSpeedUp } from '#platform';
import type { BackendName } from './backend.ts';

/** Which back end is in use and why. */
export interface Choice {
  readonly backend: BackendName;
  /** True where the settings ask for it. */
  readonly isAskedFor: boolean;
  /** Why faster back ends are not in use. */
  readonly faults: readonly string[];
}

/** What would make verification faster; one sentence each, none where nothing would. */
export function hintsFor({ backend, isAskedFor, faults }: Choice): string[] {
  const [fastest] = backendNames;
  if (backend === fastest) return [];
  if (isAskedFor) return [`The settings ask for ${backend}, though ${fastest} would be faster.`];
  return [...faults.map((fault) => `${fault}.`), hintToSpeedUp(backend)];
}
