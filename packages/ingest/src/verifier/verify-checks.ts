import type { Backend, BackendName } from './backend.ts';
import { openBackendInBrowser } from './open-backend-browser.ts';
import { recordBytes, Verdict, viewChecks } from './packed.ts';
import { findSelfTestFault } from './self-test.ts';

/** A back end that works, or why none does. */
export interface OpenedBackend {
  readonly backend: Backend | undefined;
  readonly faults: readonly string[];
}

/** Opens the first back end that passes its self-test. */
export async function openFirstBackend(
  names: readonly BackendName[],
  wasmUrl: string | undefined,
): Promise<OpenedBackend> {
  const faults: string[] = [];
  for (const name of names) {
    try {
      const backend = await openBackendInBrowser(name, wasmUrl);
      const fault = findSelfTestFault(backend);
      if (fault === null) return { backend, faults };
      faults.push(fault);
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { backend: undefined, faults };
}

/** What checks packed signatures piece by piece, so that others can have their turn between two of them. */
export interface Checking {
  readonly verdicts: Uint8Array;
  /** Checks the next one; false where there was none. */
  step(): boolean;
}

/** Begins to check what is packed. */
export function beginChecking(backend: Backend, packed: Uint8Array): Checking {
  const checks = viewChecks(packed);
  const verdicts = new Uint8Array(packed.length / recordBytes);
  let place = 0;
  return {
    verdicts,
    step: () => {
      const check = checks[place];
      if (!check) return false;
      verdicts[place] = backend.verify(check) ? Verdict.good : Verdict.bad;
      place += 1;
      return true;
    },
  };
}
