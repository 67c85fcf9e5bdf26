import type { Connection } from '../connection.ts';
import type { Live } from '../live.ts';

/** Creates the handler of CLOSE (NIP-01): the subscription or count of that id ends, without an answer. */
export function createCloseHandler({ live }: { readonly live: Live }) {
  return (connection: Connection, id: string): void => {
    const subscription = connection.subscriptions.get(id);
    if (subscription) live.close(subscription);
    connection.running.get(`COUNT ${id}`)?.end();
  };
}
