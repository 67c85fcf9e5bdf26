import type { WebSocket } from 'ws';
import type { Connection } from './connection.ts';
import type { RelayLimits } from './limits.ts';

/** Who is connected. */
export interface Registry {
  readonly size: number;
  /** Why no further connection from that address is taken; undefined where one is. */
  refuse(ip: string): string | undefined;
  add(connection: Connection, socket: WebSocket): void;
  remove(connection: Connection): void;
  all(): readonly Connection[];
  getSocket(connection: Connection): WebSocket | undefined;
  /** Fulfilled when nobody is connected. */
  whenEmpty(): Promise<void>;
}

/** Creates the registry of one relay. */
export function createRegistry(limits: Pick<RelayLimits, 'connectionsMax' | 'connectionsPerIpMax'>): Registry {
  const sockets = new Map<Connection, WebSocket>();
  const countByIp = new Map<string, number>();
  let onEmpty: (() => void)[] = [];
  return {
    get size() {
      return sockets.size;
    },
    refuse(ip) {
      if (sockets.size >= limits.connectionsMax) return 'too many connections';
      if ((countByIp.get(ip) ?? 0) >= limits.connectionsPerIpMax) return 'too many connections from this address';
      return undefined;
    },
    add(connection, socket) {
      const { ip } = connection.request;
      sockets.set(connection, socket);
      countByIp.set(ip, (countByIp.get(ip) ?? 0) + 1);
    },
    remove(connection) {
      if (!sockets.delete(connection)) return;
      const { ip } = connection.request;
      const left = (countByIp.get(ip) ?? 1) - 1;
      if (left > 0) countByIp.set(ip, left);
      else countByIp.delete(ip);
      if (sockets.size > 0) return;
      for (const resolve of onEmpty) resolve();
      onEmpty = [];
    },
    all: () => [...sockets.keys()],
    getSocket: (connection) => sockets.get(connection),
    whenEmpty() {
      if (sockets.size === 0) return Promise.resolve();
      return new Promise((resolve) => onEmpty.push(resolve));
    },
  };
}
