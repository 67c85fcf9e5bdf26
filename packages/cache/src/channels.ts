import type { OnMessage } from './contract.ts';
import { CacheError } from './errors.ts';

/** Is told what went wrong where no caller waits for it: a listener threw, a connection was lost. */
export type OnProblem = (problem: CacheError) => void;

/** Who listens to which channel in this process. */
export interface Channels {
  /** Adds a listener; the returned function takes it away and says whether it was the channel's last. */
  add(channel: string, onMessage: OnMessage): () => boolean;
  has(channel: string): boolean;
  names(): string[];
  deliver(channel: string, message: string): void;
  clear(): void;
}

/** Creates an empty register of listeners; one that throws is reported and disturbs no other. */
export function createChannels(onProblem: OnProblem | undefined): Channels {
  const listenersByChannel = new Map<string, Set<{ readonly onMessage: OnMessage }>>();
  return {
    add(channel, onMessage) {
      const listener = { onMessage };
      const listeners = listenersByChannel.get(channel) ?? new Set();
      listenersByChannel.set(channel, listeners.add(listener));
      return () => {
        const isLast = listeners.delete(listener) && listeners.size === 0;
        if (isLast && listenersByChannel.get(channel) === listeners) listenersByChannel.delete(channel);
        return isLast;
      };
    },
    has: (channel) => listenersByChannel.has(channel),
    names: () => [...listenersByChannel.keys()],
    deliver(channel, message) {
      for (const { onMessage } of [...(listenersByChannel.get(channel) ?? [])]) {
        try {
          onMessage(message);
        } catch (cause) {
          onProblem?.(new CacheError('listener', `a listener to the channel ${channel} threw`, { cause }));
        }
      }
    },
    clear: () => listenersByChannel.clear(),
  };
}
