import { useEffect, useState } from 'preact/hooks';

/** A part of the program that is loaded when it is needed. */
export interface LoadedModule<Module> {
  readonly module: Module | undefined;
  /** It could not be loaded. */
  readonly fault: boolean;
}

/** Loads a module once; `load` must be the same function each time. */
export function useModule<Module>(load: () => Promise<Module>): LoadedModule<Module> {
  const [state, setState] = useState<LoadedModule<Module>>({ module: undefined, fault: false });
  useEffect(() => {
    let isGone = false;
    load().then(
      (module) => isGone || setState({ module, fault: false }),
      () => isGone || setState({ module: undefined, fault: true }),
    );
    return () => {
      isGone = true;
    };
  }, [load]);
  return state;
}
