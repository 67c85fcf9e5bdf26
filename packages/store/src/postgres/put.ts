import { type PostgresDatabase, sqlStateOf } from '@nostrata/database';
import { InvalidError } from '@nostrata/protocol';
import type { PutRequest, PutResult, StoreOptions } from '../contract.ts';
import { createOwnRelayCheck } from '../own-relay.ts';
import { applyEvent, type RuleOptions } from '../rules.ts';
import type { Feed } from './feed.ts';
import { createOverlay } from './overlay.ts';
import { prefetch } from './prefetch.ts';
import { insertSightings } from './sightings.ts';
import { type Sources, sourceName } from './sources.ts';
import { withLog } from './transaction.ts';
import { writeBatch } from './write.ts';

/** What putting needs. */
export interface PutPieces {
  readonly database: PostgresDatabase;
  readonly feed: Feed;
  readonly sources: Sources;
  readonly options: StoreOptions;
}

/** Creates `put`: one batch after the other, as the log has one writer at a time anyway. */
export function createPut(pieces: PutPieces): (batch: readonly PutRequest[]) => Promise<readonly PutResult[]> {
  const { options } = pieces;
  const isOwnRelay = createOwnRelayCheck(options.relayUrls);
  let last: Promise<unknown> = Promise.resolve();
  const put = async (batch: readonly PutRequest[]): Promise<readonly PutResult[]> => {
    if (batch.length === 0) return [];
    const startedMs = options.now();
    const results = await putOrSplit(pieces, batch, {
      receivedAtMs: startedMs,
      rules: { nowSeconds: Math.floor(startedMs / 1_000), isOwnRelay },
    });
    options.metrics?.committed?.(batch.length, (options.now() - startedMs) / 1_000);
    return results;
  };
  return (batch) => {
    const result = last.then(() => put(batch));
    last = result.catch(() => undefined);
    return result;
  };
}

interface Moment {
  readonly receivedAtMs: number;
  readonly rules: RuleOptions;
}

/** An event that the server refuses must not take the others with it: the batch is halved until it stands alone. */
async function putOrSplit(
  pieces: PutPieces,
  batch: readonly PutRequest[],
  moment: Moment,
): Promise<readonly PutResult[]> {
  try {
    return await putBatch(pieces, batch, moment);
  } catch (error) {
    if (!isDataFault(error)) throw error;
    if (batch.length === 1) return [{ outcome: 'invalid', reason: 'the database cannot hold this event' }];
    const half = batch.length >> 1;
    const first = await putOrSplit(pieces, batch.slice(0, half), moment);
    return [...first, ...(await putOrSplit(pieces, batch.slice(half), moment))];
  }
}

/** Class 22 (data exception) and 54 (a limit of the program): about the values, never about the server. */
function isDataFault(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state?.startsWith('22') === true || state?.startsWith('54') === true;
}

async function putBatch(pieces: PutPieces, batch: readonly PutRequest[], moment: Moment): Promise<PutResult[]> {
  const { database, feed, sources } = pieces;
  const names = batch.map(({ source }) => (source === undefined ? undefined : sourceName(source)));
  const numbers = await sources.resolve(new Set(names.filter((name) => name !== undefined)));
  const numberOf = (index: number): number | undefined => numbers.get(names[index] ?? '');
  const events = batch.map(({ event }) => event);
  const committed = await withLog(database, async ({ session, advance, ...transaction }) => {
    const [before, end] = await Promise.all([prefetch(session, events), transaction.end]);
    const overlay = createOverlay(before, end);
    const results = batch.map((request) => apply(overlay, request, moment.rules));
    const written = overlay.finish();
    const sourceById = new Map<string, number>();
    const seen: { id: string; source: number; atMs: number }[] = [];
    for (const [index, { event }] of batch.entries()) {
      const source = numberOf(index);
      if (source === undefined) continue;
      const outcome = results[index]?.outcome;
      if (outcome === 'stored') sourceById.set(event.id, source);
      else if (outcome === 'duplicate') seen.push({ id: event.id, source, atMs: moment.receivedAtMs });
    }
    await Promise.all([
      writeBatch(session, written, { receivedAtMs: moment.receivedAtMs, sourceById }),
      insertSightings(session, seen),
      written.end > end ? advance(written.end) : undefined,
    ]);
    return { results, commit: { before: end, end: written.end, changes: written.changes } };
  });
  if (committed.commit.changes.length > 0) await feed.committed(committed.commit);
  return committed.results;
}

function apply(overlay: ReturnType<typeof createOverlay>, request: PutRequest, rules: RuleOptions): PutResult {
  try {
    return applyEvent(overlay, request, rules);
  } catch (error) {
    if (error instanceof InvalidError) return { outcome: 'invalid', reason: error.message };
    throw error;
  }
}
