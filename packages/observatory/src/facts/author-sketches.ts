import { createHash } from 'node:crypto';
import { toBytes } from './ids.ts';
import { createKeyStatement, createWriter, type FactsTransaction, replacing } from './rows.ts';
import { createSketch } from './sketch.ts';

/** Authors seen in one batch, by the hour. */
export interface AuthorSketches {
  see(pubkey: string, hour: number): void;
  write(transaction: FactsTransaction): Promise<void>;
}

const find = createKeyStatement('SELECT hour, registers FROM view_statistics_sketch WHERE', [['hour', 'BIGINT']]);
const write = createWriter('view_statistics_sketch', ['hour', 'registers'], replacing(['hour'], ['registers']));

/** Creates the sets of one batch. Keys are chosen by those who are counted, and so they are hashed with a secret. */
export function createAuthorSketches(secret: Uint8Array): AuthorSketches {
  const pubkeysByHour = new Map<number, Set<string>>();
  const hashes = new Map<string, Uint8Array>();
  const hash = (pubkey: string): Uint8Array => {
    let digest = hashes.get(pubkey);
    if (!digest) {
      digest = createHash('sha256').update(secret).update(toBytes(pubkey)).digest();
      hashes.set(pubkey, digest);
    }
    return digest;
  };
  return {
    see(pubkey, hour) {
      const pubkeys = pubkeysByHour.get(hour) ?? new Set();
      pubkeysByHour.set(hour, pubkeys.add(pubkey));
    },
    async write(transaction) {
      const hours = [...pubkeysByHour.keys()].sort((a, b) => a - b);
      const rows = await find<{ hour: number; registers: Uint8Array }>(
        transaction,
        hours.map((hour) => [hour]),
      );
      const registersByHour = new Map(rows.map(({ hour, registers }) => [hour, registers]));
      const changed: [number, Uint8Array][] = [];
      for (const hour of hours) {
        const sketch = createSketch(registersByHour.get(hour));
        let isChanged = false;
        for (const pubkey of pubkeysByHour.get(hour) ?? []) if (sketch.add(hash(pubkey))) isChanged = true;
        if (isChanged) changed.push([hour, sketch.encode()]);
      }
      await write(transaction, changed);
    },
  };
}
