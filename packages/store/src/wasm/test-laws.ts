import { runConformance } from '../../conformance.ts';
import type { EventStore, StoreOptions } from '../contract.ts';
import { type BrowserStorage, openBrowserStorage } from './open.ts';
import type { RemoteStore } from './remote-store.ts';

interface WorkerConstructor {
  new (url: string, options: { readonly type: 'module' }): unknown;
}

const BrowserWorker = (globalThis as unknown as { Worker: WorkerConstructor }).Worker;
// Two workers, as two tabs have them; each holds many storages, so that a law costs no new worker.
const workers = [0, 1].map(() => new BrowserWorker('/worker.js', { type: 'module' }));

const storages = new WeakMap<EventStore, { readonly storage: BrowserStorage; readonly name: string }>();
let opened = 0;

/** Opens a storage whose store closes all of it when it is stopped. */
async function open(name: string, options: StoreOptions, worker: number): Promise<EventStore> {
  const storage = await openBrowserStorage({ ...options, name, worker: () => workers[worker], keepsWorker: true });
  if (!storage.persistent) throw new Error(`the laws are about files: ${storage.reason}`);
  const { store } = storage;
  const stop = (): Promise<void> => storage.close();
  const whole: RemoteStore = { ...store, stop, [Symbol.asyncDispose]: stop };
  storages.set(whole, { storage, name });
  return whole;
}

function nameOf(store: EventStore): string {
  return storages.get(store)?.name ?? '';
}

runConformance({
  name: 'sqlite in the browser',
  open: (options) => {
    opened += 1;
    return open(`law ${opened}`, options, 0);
  },
  reopen: (stopped, options) => open(nameOf(stopped), options, 0),
  openBeside: (running, options) => open(nameOf(running), options, 1),
  explain: (store, filter) => (store as RemoteStore).explain(filter),
  histories: 3,
});
