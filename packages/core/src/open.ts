import { InvalidError, normalizeRelayUrl, parseAddress, type VerifiedEvent } from '@nostrata/protocol';
import type { RelayList } from '@nostrata/views';
import { openStorage } from '#storage';
import { assembleCore } from './assemble.ts';
import { systemClock, systemRandom } from './clock.ts';
import type { CoreOptions, Loaded } from './contract.ts';
import type { Core } from './core.ts';
import { createSubmit } from './door.ts';
import { createEdit } from './edit.ts';
import { createCoreEvents } from './events.ts';
import { createFigureBook } from './figures.ts';
import { mergeFreshness } from './freshness/defaults.ts';
import { ownListFreshMs } from './limits.ts';
import { attachMessages } from './messages/attach.ts';
import type { Outbox } from './outbox/contract.ts';
import { createOutbox } from './outbox/outbox.ts';
import { createSigning } from './signing.ts';
import { openGiven, openState } from './state.ts';
import { createWire, type Wire, type WireOptions } from './wire.ts';

/**
 * Opens a core over a store: everything that was there is there at once, also offline, and publications that were on
 * their way go on.
 * @throws StoreError, DatabaseError or InvalidError with one clear sentence
 */
export async function openCore(options: CoreOptions): Promise<Core> {
  return await openCoreWithSteps(options);
}

/** Opens a core that tells of each step on the way of a write, so that a test can end the process between any two. */
export async function openCoreWithSteps(options: CoreOptions, step?: (name: string) => void): Promise<Core> {
  const { clock = systemClock, random = systemRandom } = options;
  const relays = cleanRelays(options.relays ?? []);
  const lookupRelays = options.lookupRelays ? cleanRelays(options.lookupRelays) : relays;
  const freshness = mergeFreshness(options.freshness);
  const [events, book, signing] = [createCoreEvents(), createFigureBook(), createSigning(options.signer)];
  const nowSeconds = (): number => Math.floor(clock.now() / 1_000);

  await using stack = new AsyncDisposableStack();
  const storage = await openGiven(options, openStorage, clock.now);
  stack.defer(async () => await storage.close?.());
  const state = await openState(storage, { clock, events, stack, browser: options.browser });
  const parts = { options, state, signing, events, book, clock, random, freshness, relays, lookupRelays };
  const wire = createWire(parts, stack);
  const outbox = createOwnOutbox(parts, wire, step);
  stack.defer(() => outbox.stop());
  stack.defer(signing.onChange(() => outbox.signerChanged()));
  if (options.sendsPublications !== false) await outbox.start();
  const messages = stack.use(await attachMessages({ state, wire, outbox, signing, events, nowSeconds }));
  const edit = createEdit({
    pool: wire.pool,
    getSigner: signing.get,
    sign: (event) => signing.sign(event, event.created_at),
    nowSeconds,
    loadWriteRelays: (pubkey) => loadWriteRelays(pubkey, wire, relays),
    getWriteRelays: async (pubkey) => {
      await state.caughtUp();
      return toWriteRelays(await wire.reader.read(wire.specs.relayList(pubkey), quietly), relays);
    },
    getNewest: (address) => state.lookups.getAddress(parseAddress(address)),
    publish: async (event, publishOptions) => {
      const publication = await outbox.publish(event, publishOptions);
      await state.caughtUp();
      return publication;
    },
  });
  const opened = stack.move();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= opened.disposeAsync();
    return stopping;
  };
  return assembleCore({ state, wire, outbox, edit, messages, signing, events, book, nowSeconds, stop });
}

function createOwnOutbox(
  { state, signing, events, book, clock, random }: WireOptions,
  { pool, routes }: Wire,
  step: ((name: string) => void) | undefined,
): Outbox {
  const { storage, ingest, lookups, caughtUp } = state;
  return createOutbox({
    database: storage.database,
    pool,
    clock,
    random,
    book,
    submit: createSubmit(ingest),
    withdraw: async (event, previous) => {
      await storage.store.withdraw(event, previous as VerifiedEvent | undefined);
      await caughtUp();
    },
    getNewest: (address) => lookups.getAddress(parseAddress(address)),
    // Where it belongs depends on its author, kind and tags alone.
    routesOf: (event) => routes.forWrite({ id: '', sig: '', ...event }),
    getSigner: signing.peek,
    onFailed: events.failed,
    lead: storage.lead,
    step,
  });
}

/**
 * Where an author's newest versions are: the write relays of the list, checked lately or now, and the application's own
 * relays where there is no list.
 */
async function loadWriteRelays(
  pubkey: string,
  { reader, specs }: Wire,
  relays: readonly string[],
): Promise<readonly string[]> {
  const spec = specs.relayList(pubkey);
  const known = await reader.read(spec, { ...quietly, freshForMs: ownListFreshMs });
  return toWriteRelays(known.state === 'fresh' ? known : await reader.read(spec, { policy: 'network-first' }), relays);
}

const quietly = { policy: 'cache-only', isInternal: true } as const;

function toWriteRelays({ value }: Loaded<RelayList>, relays: readonly string[]): readonly string[] {
  const write = (value?.relays ?? []).filter((relay) => relay.write).map(({ url }) => url);
  return write.length > 0 ? write : relays;
}

/** The application's own relays. Unlike those of strangers a wrong one is a mistake that somebody can mend. */
function cleanRelays(urls: readonly string[]): string[] {
  return urls.map((text) => {
    const url = normalizeRelayUrl(text);
    if (url === null) throw new InvalidError(`${JSON.stringify(text)} is not the URL of a relay: use wss://host`);
    return url;
  });
}
