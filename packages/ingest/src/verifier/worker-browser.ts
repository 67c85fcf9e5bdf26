import { stopwatchMs } from '../platform-browser.ts';
import type { Backend } from './backend.ts';
import type { BrowserWorkerMessage, ChecksMessage, StartMessage, WorkerPort } from './browser-messages.ts';
import { measureBackend } from './self-test.ts';
import { beginChecking, openFirstBackend } from './verify-checks.ts';

/** Milliseconds that a worker spends on measuring its back end when it starts. */
const measureMs = 15;

serve(globalThis as unknown as WorkerPort);

/** Serves one page: the first message starts, each further one is a batch. */
function serve(port: WorkerPort): void {
  const tell = (message: BrowserWorkerMessage, transfer: readonly unknown[] = []): void =>
    port.postMessage(message, transfer);
  const begin = async ({ backends, wasmUrl }: StartMessage): Promise<void> => {
    const { backend, faults } = await openFirstBackend(backends, wasmUrl);
    if (!backend) return tell({ type: 'unusable', faults });
    port.onmessage = ({ data }) => check(backend, data as ChecksMessage);
    const verifiesPerSecond = measureBackend(backend, measureMs, stopwatchMs);
    tell({ type: 'ready', backend: backend.name, verifiesPerSecond, faults });
  };
  const check = (backend: Backend, { slot, checks }: ChecksMessage): void => {
    const checking = beginChecking(backend, checks);
    while (checking.step());
    tell({ slot, verdicts: checking.verdicts }, [checking.verdicts.buffer]);
  };
  port.onmessage = ({ data }) => void begin(data as StartMessage);
}
