import type { Client } from 'pg';
import { listenerRetryMaxMs, listenerRetryMinMs } from './limits.ts';

/** Called when notifications were sent, and with `null` when some may have been missed: at first, and when back. */
export type NotificationHandler = (payload: string | null) => void;

/** One connection beside the pool: it listens for notifications and cancels statements of other connections. */
export interface PostgresListener {
  listen(channel: string, handler: NotificationHandler): void;
  /** Asks the server to stop what that connection is doing; does nothing while this one is down. */
  cancel(processId: number): Promise<void>;
  close(): Promise<void>;
}

/** Connects when something is first asked of it, and again, with growing pauses, whenever the connection is lost. */
export function createPostgresListener(connect: () => Promise<Client>): PostgresListener {
  const handlers = new Map<string, NotificationHandler>();
  let client: Client | undefined;
  let connecting: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = listenerRetryMinMs;
  let isClosed = false;

  const ensure = (): Promise<void> => {
    if (client || isClosed) return Promise.resolve();
    connecting ??= open().finally(() => {
      connecting = undefined;
    });
    return connecting;
  };
  const open = async (): Promise<void> => {
    let fresh: Client | undefined;
    try {
      fresh = await connect();
      watch(fresh);
      for (const channel of handlers.keys()) await fresh.query(`LISTEN ${fresh.escapeIdentifier(channel)}`);
      client = fresh;
      pauseMs = listenerRetryMinMs;
      if (isClosed) return lose(fresh);
      for (const handler of handlers.values()) handler(null);
    } catch {
      // The server is away: the handlers learn of what they missed when it is back.
      if (fresh) fresh.end().catch(() => retry());
      retry();
    }
  };
  const watch = (fresh: Client): void => {
    fresh.on('notification', ({ channel, payload }) => handlers.get(channel)?.(payload ?? ''));
    fresh.on('error', () => lose(fresh));
    fresh.on('end', () => lose(fresh));
  };
  const lose = (gone: Client): void => {
    if (client !== gone) return;
    client = undefined;
    gone.end().catch(() => retry());
    retry();
  };
  const retry = (): void => {
    if (isClosed || timer || handlers.size === 0) return;
    timer = setTimeout(() => {
      timer = undefined;
      void ensure();
    }, pauseMs);
    timer.unref();
    pauseMs = Math.min(pauseMs * 2, listenerRetryMaxMs);
  };
  return {
    listen(channel, handler) {
      handlers.set(channel, handler);
      const current = client;
      if (current) {
        current.query(`LISTEN ${current.escapeIdentifier(channel)}`).then(
          () => handler(null),
          () => lose(current),
        );
      } else {
        void ensure().then(() => (client ? undefined : retry()));
      }
    },
    async cancel(processId) {
      await ensure();
      const current = client;
      await current?.query('SELECT pg_cancel_backend($1)', [processId]).catch(() => lose(current));
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await connecting;
      const last = client;
      client = undefined;
      await last?.end();
    },
  };
}
