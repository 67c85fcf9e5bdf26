import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { NostrEvent } from '@nostrata/protocol';
import type { AppOptions, Measured, Operation, SubjectAnswer, SubjectRequest } from './contract.ts';

/** An app in a process of its own. */
export interface Subject extends AsyncDisposable {
  open(options: AppOptions): Promise<void>;
  call(operation: Operation, ...args: readonly unknown[]): Promise<unknown>;
  measure(work: {
    readonly pubkeys: readonly string[];
    readonly authors: readonly string[];
    readonly rounds: number;
  }): Promise<Measured>;
  /** Sets how far the process's clock is ahead of the machine's. */
  setClock(offsetMs: number): Promise<void>;
  close(): Promise<void>;
  /** Lets the process end by itself, so that it keeps the code that it has compiled. */
  end(): Promise<void>;
}

/** How a process is started. */
export interface SubjectOptions {
  readonly deadlineMs: number;
  /** Where Node.js keeps compiled code: no library is charged for translating TypeScript while its day goes on. */
  readonly codeFolder: string;
}

/** A message without its number. */
type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Starts the process of the library whose adapter is in that file. */
export async function startSubject(adapter: string, { deadlineMs, codeFolder }: SubjectOptions): Promise<Subject> {
  const child = fork(join(import.meta.dirname, 'subject-process.ts'), [adapter], {
    env: { ...process.env, NODE_COMPILE_CACHE: codeFolder },
    stdio: ['ignore', 'ignore', process.env.BENCH_VERBOSE ? 'inherit' : 'ignore', 'ipc'],
  });
  const waiting = new Map<number, (answer: SubjectAnswer) => void>();
  let count = 0;
  child.on('message', (answer: SubjectAnswer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  // A channel that breaks while a message is sent: the exit that follows answers it.
  child.on('error', (error) => console.error(`${adapter}: ${error.message}`));
  child.on('exit', (code, signal) => {
    for (const [id, resolve] of waiting) resolve({ id, error: `the process ended with ${code ?? signal}` });
    waiting.clear();
  });
  const ask = async (request: Unnumbered<SubjectRequest>): Promise<unknown> => {
    const id = ++count;
    if (!child.connected) throw new Error(`the process has ended with ${child.exitCode ?? child.signalCode}`);
    const answer = await new Promise<SubjectAnswer>((resolve) => {
      const timer = setTimeout(() => resolve({ id, error: `no answer within ${deadlineMs} ms` }), deadlineMs);
      waiting.set(id, (received) => {
        clearTimeout(timer);
        resolve(received);
      });
      child.send({ id, ...request });
    });
    waiting.delete(id);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value;
  };
  return {
    open: async (options) => void (await ask({ type: 'open', options })),
    call: (operation, ...args) => ask({ type: 'call', operation, args }),
    measure: async (work) => (await ask({ type: 'measure', ...work })) as Measured,
    setClock: async (offsetMs) => void (await ask({ type: 'clock', offsetMs })),
    close: async () => void (await ask({ type: 'close' })),
    end: async () => {
      const ended = once(child, 'exit', { signal: AbortSignal.timeout(deadlineMs) });
      child.disconnect();
      await ended;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Takes an answer of the process for a list of events. */
export function asEvents(value: unknown): readonly NostrEvent[] {
  return Array.isArray(value) ? (value as NostrEvent[]) : [];
}
