import type { CoreEvent } from './contract.ts';

/** Tells listeners what happens beside the calls; one that throws harms neither the others nor the core. */
export interface CoreEvents {
  tell(event: CoreEvent): void;
  listen(listener: (event: CoreEvent) => void): () => void;
  /** Tells of a failure that no caller hears of. */
  readonly failed: (what: string, error: unknown) => void;
}

/** Makes the list of listeners. */
export function createCoreEvents(): CoreEvents {
  const listeners = new Set<(event: CoreEvent) => void>();
  const tell = (event: CoreEvent): void => {
    for (const listener of [...listeners]) {
      try {
        listener(event);
      } catch (error) {
        // A listener's own failure is told to the others; telling it to itself could go on for ever.
        if (event.type !== 'failure') tellOthers(listener, error);
      }
    }
  };
  const tellOthers = (culprit: (event: CoreEvent) => void, error: unknown): void => {
    listeners.delete(culprit);
    tell({ type: 'failure', what: 'listener', error });
    listeners.add(culprit);
  };
  return {
    tell,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    failed: (what, error) => tell({ type: 'failure', what, error }),
  };
}
