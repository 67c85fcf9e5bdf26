import type { Core } from '@nostrata/core';
import type { Invocation } from './invocation.ts';
import { createStatusLine } from './progress.ts';

/**
 * Waits until reads show everything that is stored: other programs may have stored much since views were last used.
 * @throws the reason of the user's interrupt
 */
export async function catchUp(core: Core, { terminal, host }: Invocation): Promise<void> {
  const { interrupted } = terminal;
  interrupted.throwIfAborted();
  const line = createStatusLine(terminal.notes, host.now);
  line.show(() => 'taking in what was stored since');
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = () => reject(interrupted.reason);
  interrupted.addEventListener('abort', end, { once: true });
  try {
    await Promise.race([core.caughtUp(), ended]);
  } finally {
    interrupted.removeEventListener('abort', end);
    line.clear();
  }
}
