/** What a record of another program's store holds for us. */
export type ImportRecord =
  /** An event, as unknown input, and where it was seen. */
  | { readonly type: 'event'; readonly event: unknown; readonly relays: readonly string[] }
  /** An own event that was signed and not sent to every relay. */
  | { readonly type: 'unpublished'; readonly event: unknown; readonly relays: readonly string[] }
  /** Something that is no event, by the name of its table. */
  | { readonly type: 'ignored'; readonly table: string };

/**
 * Reads a record: an event (JSONL), a row of nostr-idb (`{ event, tags }`), a row of NDK's Dexie cache (`{ id, event:
 * '[0,…]' }`), or the text of one of them. What is none is handed on as an event, which the door then refuses by name.
 */
export function readRecord(record: unknown): ImportRecord {
  if (typeof record === 'string') return readRecord(parseText(record));
  if (!isObject(record)) return { type: 'event', event: record, relays: [] };
  if (typeof record.event === 'string') return readNdkRow(record);
  if (isObject(record.event)) return { type: 'event', event: record.event, relays: readRelays(record.relays) };
  return { type: 'event', event: record, relays: [] };
}

/**
 * Takes a whole dump apart: text of JSONL or JSON, a list of records, the stores of nostr-idb (`{ events, seen }`), or an
 * export of Dexie (`{ formatName: 'dexie', data }`).
 */
export function* readDump(dump: unknown): Iterable<ImportRecord> {
  if (typeof dump === 'string') {
    const whole = parseText(dump);
    if (whole !== undefined) yield* readDump(whole);
    else for (const line of dump.split('\n')) if (line.trim() !== '') yield readRecord(line);
  } else if (Array.isArray(dump)) for (const record of dump as unknown[]) yield readRecord(record);
  else if (isObject(dump) && dump.formatName === 'dexie') yield* readDexie(dump);
  else if (isObject(dump) && Array.isArray(dump.events)) yield* readTables(new Map(Object.entries(dump)));
  else yield readRecord(dump);
}

/** The format of dexie-export-import: tables with their rows, in chunks or whole. */
function readDexie(dump: Record<string, unknown>): Iterable<ImportRecord> {
  const tables = new Map<string, unknown>();
  const data = isObject(dump.data) && Array.isArray(dump.data.data) ? (dump.data.data as unknown[]) : [];
  for (const table of data) {
    if (isObject(table) && typeof table.tableName === 'string') tables.set(table.tableName, table.rows);
  }
  return readTables(tables);
}

function* readTables(tables: ReadonlyMap<string, unknown>): Iterable<ImportRecord> {
  const relaysById = readSeen([...rowsOf(tables.get('seen')), ...rowsOf(tables.get('eventRelays'))]);
  for (const [table, rows] of tables) {
    for (const row of rowsOf(rows)) {
      if (table === 'events') {
        const record = readRecord(row);
        const id = record.type === 'event' && isObject(record.event) ? String(record.event.id) : '';
        yield record.type === 'event'
          ? { ...record, relays: [...record.relays, ...(relaysById.get(id) ?? [])] }
          : record;
      } else if (table === 'unpublishedEvents' && isObject(row) && isObject(row.event)) {
        const relays = isObject(row.relays) ? Object.keys(row.relays) : [];
        yield { type: 'unpublished', event: row.event, relays };
      } else yield { type: 'ignored', table };
    }
  }
}

/** Which relays delivered an event: `{ id, relays }` in nostr-idb, `{ eventId, relayUrl }` in NDK. */
function readSeen(rows: readonly unknown[]): ReadonlyMap<string, readonly string[]> {
  const relaysById = new Map<string, string[]>();
  for (const row of rows) {
    if (!isObject(row)) continue;
    const id = String(row.id ?? row.eventId);
    const relays = typeof row.relayUrl === 'string' ? [row.relayUrl] : readRelays(row.relays);
    relaysById.set(id, [...(relaysById.get(id) ?? []), ...relays]);
  }
  return relaysById;
}

/** NDK keeps an event as `[0, pubkey, created_at, kind, tags, content, sig, id]`, older versions as an object. */
function readNdkRow(row: Record<string, unknown>): ImportRecord {
  const parsed = parseText(String(row.event));
  const relays = typeof row.relay === 'string' ? [row.relay] : [];
  if (!Array.isArray(parsed)) return { type: 'event', event: parsed, relays };
  const [, pubkey, created_at, kind, tags, content, sig = row.sig, id = row.id] = parsed as unknown[];
  return { type: 'event', event: { id, pubkey, created_at, kind, tags, content, sig }, relays };
}

function readRelays(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((relay) => typeof relay === 'string') : [];
}

function rowsOf(rows: unknown): readonly unknown[] {
  return Array.isArray(rows) ? (rows as unknown[]) : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of a JSON text; undefined where it is none. */
function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
