import type { Clock } from '@nostrata/network';
import type { NostrEvent } from '@nostrata/protocol';
import {
  createEventBuilder,
  createTestNetwork,
  type EventBuilder,
  signEvent,
  type TestNetwork,
  waitUntil,
} from '@nostrata/testing';
import type { CoreEvent, CoreOptions, Publication, PublicationStatus, Signer } from './contract.ts';
import type { Core } from './core.ts';
import { openCore } from './open.ts';

/** A clock that goes on by itself and can be moved ahead: sockets take real time, hours do not. */
export interface JumpClock extends Clock {
  jump(milliseconds: number): void;
}

/** Makes a clock that shows the given time now. */
function createJumpClock(startMs: number): JumpClock {
  const timers = new Set<{ atMs: number; callback: () => void; handle: NodeJS.Timeout }>();
  let offset = startMs - Date.now();
  const now = (): number => Date.now() + offset;
  return {
    now,
    after: (milliseconds, callback) => {
      const timer = {
        atMs: now() + milliseconds,
        callback,
        handle: setTimeout(() => {
          timers.delete(timer);
          callback();
        }, milliseconds),
      };
      timer.handle.unref();
      timers.add(timer);
      return () => {
        clearTimeout(timer.handle);
        timers.delete(timer);
      };
    },
    jump: (milliseconds) => {
      offset += milliseconds;
      for (const timer of [...timers].sort((a, b) => a.atMs - b.atMs)) {
        if (timer.atMs > now() || !timers.delete(timer)) continue;
        clearTimeout(timer.handle);
        timer.callback();
      }
    },
  };
}

/** A signer with the key of a test author. */
export function createTestSigner(author: EventBuilder): Signer {
  return {
    getPublicKey: async () => author.pubkey,
    signEvent: async (event) => signEvent({ ...event, pubkey: author.pubkey }, author.keys.secret),
  };
}

/** A network of relays and what a test does with cores on it. */
export interface World extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly clock: JumpClock;
  readonly alice: EventBuilder;
  readonly bob: EventBuilder;
  readonly carol: EventBuilder;
  /** Opens a core over all relays, with Alice's key; closed with the world. */
  open(options?: Partial<CoreOptions>): Promise<Core>;
  /** REQ frames that relays got since the last call. */
  takeRequests(): number;
  /** What was told as a failure. */
  readonly failures: CoreEvent[];
}

/** Second at which the authors of a world begin to write. */
export const startSeconds = 1_700_000_000;

/** Makes a world; the clock shows an hour after its authors began. */
export async function createWorld(relays = 1): Promise<World> {
  const stack = new AsyncDisposableStack();
  const clock = createJumpClock((startSeconds + 3_600) * 1_000);
  const network = stack.use(await createTestNetwork({ seed: 1, relays, clock }));
  const failures: CoreEvent[] = [];
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => createEventBuilder(name, startSeconds)) as [
    EventBuilder,
    EventBuilder,
    EventBuilder,
  ];
  return {
    network,
    clock,
    alice,
    bob,
    carol,
    failures,
    open: async (options = {}) => {
      const core = await openCore({
        store: 'memory:',
        relays: network.urls,
        signer: createTestSigner(alice),
        clock,
        random: () => 0.5,
        allowLocalRelays: true,
        ...options,
      });
      core.onEvent((event) => {
        if (event.type === 'failure') failures.push(event);
      });
      stack.use(core);
      return core;
    },
    takeRequests: () => {
      const count = network.relays.reduce((sum, { ledger }) => sum + ledger.requests.length, 0);
      for (const relay of network.relays) relay.resetLedger();
      return count;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Waits until a publication has that status. */
export async function waitForStatus(core: Core, id: string, status: PublicationStatus): Promise<Publication> {
  let found: Publication | undefined;
  await waitUntil(
    async () => {
      found = (await core.publications()).find((publication) => publication.id === id);
      return found?.status === status;
    },
    { what: `${id.slice(0, 8)} to be ${status}` },
  );
  if (!found) throw new Error('the publication is gone');
  return found;
}

/** The contents of events, in their order. */
export function contentsOf(events: readonly NostrEvent[]): string[] {
  return events.map(({ content }) => content);
}
