import { createNegentropyClient, createSyncItems } from '@nostrata/protocol';
import { LoadConnection } from './load-connection.ts';
import type { Target } from './loads.ts';
import type { Row } from './report.ts';
import { cpuSeconds, residentMegabytes } from './server-process.ts';

/** One in so many of the server's events is missing on our side, and as many of ours are not on the server. */
const differenceEvery = 100;

/**
 * Reconciles the server's events with a set that differs in 1 % (NIP-77), and fails unless exactly the difference is
 * found. What the server holds is asked first, by a reconciliation with nothing; `created_at` comes from the file.
 */
export async function measureNegentropy(
  subject: string,
  target: Target,
  createdAtById: ReadonlyMap<string, number>,
): Promise<Row> {
  const connection = await LoadConnection.open(target.url);
  const { need: held } = await reconcile(connection, createNegentropyClient(createSyncItems()));
  const mine = createSyncItems(held.length);
  const missing = new Set(held.filter((_, index) => index % differenceEvery === 0));
  for (const id of held) if (!missing.has(id)) mine.add(createdAtById.get(id) ?? 0, id);
  const cpuBefore = cpuSeconds(target.pid);
  const startMs = performance.now();
  const { need, have, rounds } = await reconcile(connection, createNegentropyClient(mine));
  const seconds = (performance.now() - startMs) / 1000;
  connection.close();
  if (need.length !== missing.size || !need.every((id) => missing.has(id)) || have.length > 0) {
    throw new Error(`negentropy found ${need.length} missing events of ${missing.size}, and ${have.length} too many`);
  }
  const cell = `negentropy, 1 % of ${held.length.toLocaleString('en-US')} events differ`;
  const cpuMicroseconds = (cpuSeconds(target.pid) - cpuBefore) * 1e6;
  const note = `${rounds} rounds, ${seconds.toFixed(2)} s`;
  return {
    subject,
    cell,
    perSecond: 1 / seconds,
    cpuMicroseconds,
    residentMb: residentMegabytes(target.pid).peak,
    note,
  };
}

interface Difference {
  readonly need: readonly string[];
  readonly have: readonly string[];
  readonly rounds: number;
}

function reconcile(connection: LoadConnection, client: ReturnType<typeof createNegentropyClient>): Promise<Difference> {
  const need: string[] = [];
  const have: string[] = [];
  let rounds = 1;
  return new Promise((resolve, reject) => {
    connection.onFrame = (kind, payload) => {
      const text = payload.toString();
      if (kind !== 'NEG-MSG' || text.startsWith('["NEG-ERR"')) {
        if (kind === 'NEG-MSG' || kind === 'CLOSED') reject(new Error(`the relay refused: ${text}`));
        return;
      }
      const [, , message] = JSON.parse(text) as [string, string, string];
      const step = client.next(message);
      need.push(...step.need);
      have.push(...step.have);
      if (step.message === null) return resolve({ need, have, rounds });
      rounds += 1;
      connection.send(JSON.stringify(['NEG-MSG', 'bench', step.message]));
    };
    connection.send(JSON.stringify(['NEG-OPEN', 'bench', {}, client.start()]));
  });
}
