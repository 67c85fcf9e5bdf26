import type { ClientIdentity } from './client-name.ts';
import { toBytes, toHex } from './ids.ts';
import { dictionaryCacheMax } from './limits.ts';
import { createKeyStatement, createWriter, type FactsTransaction } from './rows.ts';

/** Dense ids of authors and clients. They are given once and for ever; no rebuild changes them. */
export interface Dictionaries {
  /** The ids of these pubkeys; those that are new are given one. */
  authors(transaction: FactsTransaction, pubkeys: ReadonlySet<string>): Promise<ReadonlyMap<string, number>>;
  /** The ids of these clients by their key. */
  clients(
    transaction: FactsTransaction,
    clients: ReadonlyMap<string, ClientIdentity>,
  ): Promise<ReadonlyMap<string, number>>;
}

/**
 * Creates dictionaries that remember what they have seen committed. The caller holds the lock of the facts, so that no
 * two transactions give ids at once.
 */
export function createDictionaries(): Dictionaries {
  const authors = createDictionary<string>({
    find: async (transaction, pubkeys) => {
      const keys = pubkeys.map((pubkey) => [toBytes(pubkey)]);
      const rows = await findAuthors<{ author: number; pubkey: Uint8Array }>(transaction, keys);
      return rows.map(({ author, pubkey }) => [toHex(pubkey), author]);
    },
    maxSql: 'SELECT max(author) AS last FROM statistics_author',
    toRow: (id, pubkey) => [id, toBytes(pubkey)],
    write: createWriter('statistics_author', ['author', 'pubkey'], 'DO NOTHING'),
  });
  const clients = createDictionary<ClientIdentity>({
    find: async (transaction, keys) => {
      const wanted = keys.map((key) => [key]);
      const rows = await findClients<{ client: number; key: string }>(transaction, wanted);
      return rows.map(({ client, key }) => [key, client]);
    },
    maxSql: 'SELECT max(client) AS last FROM statistics_client',
    toRow: (id, { key, name, address }) => [id, key, name, address ?? null],
    write: createWriter('statistics_client', ['client', 'key', 'name', 'address'], 'DO NOTHING'),
  });
  return {
    authors: (transaction, pubkeys) => authors(transaction, new Map([...pubkeys].map((pubkey) => [pubkey, pubkey]))),
    clients,
  };
}

const findAuthors = createKeyStatement('SELECT author, pubkey FROM statistics_author WHERE', [['pubkey', 'BLOB']]);
const findClients = createKeyStatement('SELECT client, key FROM statistics_client WHERE', [['key', 'TEXT']]);

interface DictionaryTable<Entry> {
  find(transaction: FactsTransaction, keys: readonly string[]): Promise<(readonly [key: string, id: number])[]>;
  readonly maxSql: string;
  toRow(id: number, entry: Entry): (string | number | Uint8Array | null)[];
  readonly write: ReturnType<typeof createWriter>;
}

/** An id is remembered when a transaction finds it that did not make it: then another one has committed it. */
function createDictionary<Entry>({ find, maxSql, toRow, write }: DictionaryTable<Entry>) {
  const known = createCache();
  const madeBy = new WeakMap<FactsTransaction, Set<string>>();
  /** Made for rows that are compared and dropped, within a transaction that may still fail. */
  const doubtful = new Set<string>();
  return async (
    transaction: FactsTransaction,
    entries: ReadonlyMap<string, Entry>,
  ): Promise<ReadonlyMap<string, number>> => {
    const ids = new Map<string, number>();
    const unknown = new Set<string>();
    for (const key of entries.keys()) {
      const id = known.get(key);
      if (id === undefined) unknown.add(key);
      else ids.set(key, id);
    }
    if (unknown.size === 0) return ids;
    const made = madeBy.get(transaction) ?? new Set();
    madeBy.set(transaction, made);
    for (const [key, id] of await find(transaction, [...unknown])) {
      ids.set(key, id);
      unknown.delete(key);
      if (!transaction.isShadow && !made.has(key) && !doubtful.has(key)) known.set(key, id);
    }
    if (unknown.size === 0) return ids;
    const [row] = await transaction.query<{ last: number | null }>(maxSql);
    const rows: ReturnType<typeof toRow>[] = [];
    for (const [key, entry] of entries) {
      if (!unknown.has(key)) continue;
      const id = (row?.last ?? 0) + rows.length + 1;
      rows.push(toRow(id, entry));
      ids.set(key, id);
      (transaction.isShadow ? doubtful : made).add(key);
    }
    await write(transaction, rows);
    return ids;
  };
}

/** Keeps what was used lately: two generations, the older of which is forgotten when the younger is full. */
function createCache() {
  let young = new Map<string, number>();
  let old = new Map<string, number>();
  const set = (key: string, id: number): void => {
    if (young.size >= dictionaryCacheMax) {
      old = young;
      young = new Map();
    }
    young.set(key, id);
  };
  return {
    set,
    get(key: string): number | undefined {
      const id = young.get(key);
      if (id !== undefined) return id;
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
  };
}
