import type { RelayPool } from '@nostrata/network';
import { type Address, formatAddress, isAddressableKind, Kind, type NostrEvent, type Tag } from '@nostrata/protocol';
import type { PublishOptions, SignableEvent, SignedPublication, Signer } from './contract.ts';
import { PublishError, StaleBaseError } from './errors.ts';
import { baseRoundsMax, editAttemptsMax, editDeadlineMs } from './limits.ts';
import { toAddressFilter } from './lookups.ts';

/** What an edit works on: the newest version, with everything in it that the editor does not know. */
export interface Draft {
  content: string;
  tags: Tag[];
  /** False where no relay and not the store has a version: this edit makes the first one. */
  readonly exists: boolean;
}

/** How sure an edit must be of its base. */
export interface EditOptions extends PublishOptions {
  /**
   * Relays that may stay silent. By default every write relay must answer, because the newest version may be on the
   * only one that does not; an application that asks its user can name those that are gone for good.
   */
  readonly maySkip?: readonly string[] | undefined;
  /** Milliseconds for reading the base; 15,000 unless told. */
  readonly deadlineMs?: number | undefined;
}

/** What editing is made of. */
export interface EditorOptions {
  readonly pool: Pick<RelayPool, 'load'>;
  readonly getSigner: () => Signer;
  readonly sign: (event: SignableEvent) => Promise<NostrEvent>;
  readonly nowSeconds: () => number;
  /** The author's write relays by the newest list that is here, lately checked; they are where the newest version is. */
  readonly loadWriteRelays: (pubkey: string) => Promise<readonly string[]>;
  /** The same by what is here, without asking anybody. */
  readonly getWriteRelays: (pubkey: string) => Promise<readonly string[]>;
  readonly getNewest: (address: string) => Promise<NostrEvent | undefined>;
  readonly publish: (event: NostrEvent, options: PublishOptions) => Promise<SignedPublication>;
}

/** Changes an own replaceable or addressable event without losing what is in it. */
export type Edit = (
  address: Pick<Address, 'kind'> & { readonly identifier?: string | undefined },
  change: (draft: Draft) => void | Promise<void>,
  options?: EditOptions,
) => Promise<SignedPublication>;

/**
 * Makes `edit`. The base is read to the end from every write relay and the store, the newest version wins, and where
 * that could not be done nothing is written. Edits of one address run one after the other; where the base changes
 * while a person signs, the change is applied again to the new one.
 */
export function createEdit(options: EditorOptions): Edit {
  const lastByAddress = new Map<string, Promise<unknown>>();
  return async ({ kind, identifier = '' }, change, editOptions = {}) => {
    const pubkey = await options.getSigner().getPublicKey();
    const address: Address = { kind, pubkey, identifier };
    const key = formatAddress(address);
    const before = lastByAddress.get(key) ?? Promise.resolve();
    const run = before.then(() => editOnce(address, change, { ...options, ...editOptions }));
    const settled = run.catch(() => undefined);
    lastByAddress.set(key, settled);
    try {
      return await run;
    } finally {
      if (lastByAddress.get(key) === settled) lastByAddress.delete(key);
    }
  };
}

type Everything = EditorOptions & EditOptions;

async function editOnce(
  address: Address,
  change: (draft: Draft) => void | Promise<void>,
  options: Everything,
): Promise<SignedPublication> {
  const key = formatAddress(address);
  await readBase(address, options);
  for (let attempt = 0; attempt < editAttemptsMax; attempt += 1) {
    options.signal?.throwIfAborted();
    const base = await options.getNewest(key);
    const template = await makeTemplate({ address, base, nowSeconds: options.nowSeconds }, change);
    const event = await options.sign(template);
    const newest = await options.getNewest(key);
    if (newest?.id === base?.id) return await options.publish(event, options);
  }
  throw new PublishError(
    'replaces',
    `${key} was changed by another device ${editAttemptsMax} times while this edit was made`,
  );
}

interface Ground {
  readonly address: Address;
  readonly base: NostrEvent | undefined;
  readonly nowSeconds: () => number;
}

/**
 * Brings the newest version into the store, or throws. Each relay is asked for the author's relay list in the same
 * request: where another device has moved, the relays of the newer list are read as well.
 */
async function readBase(address: Address, options: Everything): Promise<void> {
  const { loadWriteRelays, getWriteRelays, maySkip = [] } = options;
  const asked = new Set<string>();
  const answered = new Set<string>();
  for (let round = 0; round < baseRoundsMax; round += 1) {
    const all = await (round === 0 ? loadWriteRelays : getWriteRelays)(address.pubkey);
    const relays = all.filter((relay) => !asked.has(relay));
    if (relays.length === 0) break;
    for (const relay of relays) asked.add(relay);
    for (const relay of await readFrom(relays, address, options)) answered.add(relay);
  }
  const silent = [...asked].filter((relay) => !answered.has(relay) && !maySkip.includes(relay));
  if (silent.length > 0 || answered.size === 0) throw new StaleBaseError(formatAddress(address), silent);
}

/** Asks relays for the address and the relay list; returns those that answered. */
async function readFrom(
  relays: readonly string[],
  address: Address,
  { pool, deadlineMs = editDeadlineMs, signal }: Everything,
): Promise<readonly string[]> {
  const filters = [toAddressFilter(address)];
  if (address.kind !== Kind.relayList) filters.push({ kinds: [Kind.relayList], authors: [address.pubkey] });
  const plan = new Map(relays.map((relay) => [relay, filters]));
  const answers = await pool.load(plan, { settle: 'all', deadlineMs, ...(signal && { signal }) });
  signal?.throwIfAborted();
  return answers.filter(({ end }) => end === 'eose').map(({ relay }) => relay);
}

async function makeTemplate(
  { address, base, nowSeconds }: Ground,
  change: (draft: Draft) => void | Promise<void>,
): Promise<SignableEvent> {
  const { kind, identifier } = address;
  const first: Tag[] = isAddressableKind(kind) ? [['d', identifier]] : [];
  const draft: Draft = {
    content: base?.content ?? '',
    tags: base ? base.tags.map((tag) => [...tag]) : first,
    exists: base !== undefined,
  };
  await change(draft);
  // Later than the base even where its author's clock is ahead; an equal second would be decided by the id.
  const created_at = Math.max(nowSeconds(), (base?.created_at ?? 0) + 1);
  return { kind, content: draft.content, tags: draft.tags, created_at };
}
