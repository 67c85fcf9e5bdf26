import type { Queryable } from '@nostrata/database';
import type { NostrEvent } from '@nostrata/protocol';
import type { AuditEntry } from '../contract.ts';
import { firstHash, hashEntry } from './append.ts';
import { isSignedBy, type LogHead, loadHeads, parseHead } from './heads.ts';
import { pageEntries } from './limits.ts';

/** How the log is checked. */
export interface VerifyOptions {
  /** The first entry that is checked, 1 unless told; the one before it is believed. */
  readonly from?: number | undefined;
  /** Who signs the heads, hex; whoever did unless told. */
  readonly signer?: string | undefined;
  /** Heads as relays have them: what somebody who can write to the database cannot take back. */
  readonly published?: readonly NostrEvent[] | undefined;
}

/**
 * What is wrong with an entry: `changed` – its hash is not that of what it says; `unlinked` – it does not hold the hash
 * of the entry before; `missing` – there is none of this number; `head` – a signed head says otherwise;
 * `head-forged` – a head that is not signed as it should be.
 */
export type AuditFault = 'changed' | 'unlinked' | 'missing' | 'head' | 'head-forged';

/** What a check came to. */
export interface AuditReport {
  readonly ok: boolean;
  /** How many entries were read. */
  readonly entries: number;
  /** How many signed heads the chain was compared with. */
  readonly heads: number;
  readonly firstBroken: { readonly seq: number; readonly fault: AuditFault } | null;
  /** The last entry that is good; to be compared with a head that was noted elsewhere. */
  readonly head: { readonly seq: number; readonly hash: string } | null;
}

/**
 * Reads the whole log and finds the first entry that was changed, removed, inserted or moved. Entries that were cut off
 * at the end are found by the signed heads.
 */
export async function verifyAudit(database: Queryable, options: VerifyOptions = {}): Promise<AuditReport> {
  const { from = 1 } = options;
  const { heads, forged } = await collectHeads(database, options);
  const wanted = heads.filter(({ seq }) => seq >= from);
  const chain = await readChain(database, from, wanted);
  const cut = wanted.find(({ seq }) => seq > chain.last.seq);
  const broken = chain.broken ?? forged ?? (cut && { seq: chain.last.seq + 1, fault: 'missing' as const });
  return {
    ok: broken === undefined,
    entries: chain.entries,
    heads: wanted.length,
    firstBroken: broken ?? null,
    head: chain.last.seq < 1 ? null : chain.last,
  };
}

interface Broken {
  readonly seq: number;
  readonly fault: AuditFault;
}

interface Chain {
  readonly entries: number;
  readonly last: { readonly seq: number; readonly hash: string };
  readonly broken?: Broken | undefined;
}

interface EntryRow {
  readonly [column: string]: string | number;
  readonly seq: number;
  readonly at_ms: number;
  readonly actor: string;
  readonly action: string;
  readonly entity: string;
  readonly details: string;
  readonly prev_hash: string;
  readonly hash: string;
}

async function readChain(database: Queryable, from: number, heads: readonly LogHead[]): Promise<Chain> {
  const hashes = Map.groupBy(heads, ({ seq }) => seq);
  let last: Chain['last'] | undefined = await loadStart(database, from);
  if (last === undefined)
    return { entries: 0, last: { seq: 0, hash: firstHash }, broken: { seq: from - 1, fault: 'missing' } };
  for (let entries = 0; ; ) {
    const page: readonly EntryRow[] = await database.query<EntryRow>(
      'SELECT * FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2',
      [last.seq, pageEntries],
    );
    for (const row of page) {
      entries += 1;
      const fault =
        findFault(row, last) ?? (hashes.get(Number(row.seq))?.some(({ hash }) => hash !== row.hash) && 'head');
      if (fault) {
        return { entries, last, broken: { seq: fault === 'missing' ? last.seq + 1 : Number(row.seq), fault } };
      }
      last = { seq: Number(row.seq), hash: row.hash };
    }
    if (page.length < pageEntries) return { entries, last };
  }
}

/** The entry before the first that is checked; undefined where it should be there and is not. */
async function loadStart(database: Queryable, from: number): Promise<Chain['last'] | undefined> {
  if (from <= 1) return { seq: 0, hash: firstHash };
  const [row] = await database.query<{ hash: string }>('SELECT hash FROM audit_log WHERE seq = $1', [from - 1]);
  return row && { seq: from - 1, hash: row.hash };
}

function findFault(row: EntryRow, last: Chain['last']): AuditFault | undefined {
  if (Number(row.seq) !== last.seq + 1) return 'missing';
  if (row.prev_hash !== last.hash) return 'unlinked';
  const details = readDetails(row.details);
  if (details === undefined) return 'changed';
  const { actor, action, entity } = row;
  const entry = { seq: Number(row.seq), atMs: Number(row.at_ms), actor, action, entity, details };
  return hashEntry(entry, row.prev_hash) === row.hash ? undefined : 'changed';
}

/** Undefined where the text is not what an entry is written as: two texts must not stand for the same details. */
function readDetails(text: string): AuditEntry['details'] | undefined {
  try {
    const details: unknown = JSON.parse(text);
    const isWritten = typeof details === 'object' && details !== null && JSON.stringify(details) === text;
    return isWritten ? (details as AuditEntry['details']) : undefined;
  } catch {
    // Whatever it is, no entry was written like this.
    return undefined;
  }
}

interface Heads {
  readonly heads: readonly LogHead[];
  readonly forged: Broken | undefined;
}

async function collectHeads(database: Queryable, { signer, published = [] }: VerifyOptions): Promise<Heads> {
  const heads: LogHead[] = [];
  let forged: Broken | undefined;
  for (const { seq, hash, day, event } of await loadHeads(database)) {
    const head = event && parseHead(event);
    const isTrue = head && head.seq === seq && head.hash === hash && head.day === day && isSignedBy(event, signer);
    if (isTrue) heads.push(head);
    else forged ??= { seq, fault: 'head-forged' };
  }
  // Anybody can publish something that looks like a head: what the signer did not sign says nothing.
  for (const event of published) {
    const head = parseHead(event);
    if (head && isSignedBy(event, signer)) heads.push(head);
  }
  return { heads, forged };
}
