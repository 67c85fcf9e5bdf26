import { createFlight, type SettleOptions, settleFlight } from './flight.ts';
import { createRelay, type NetworkRelay, type TestRelay } from './relay.ts';

/** How to make a network. */
export interface NetworkOptions {
  /** Decides every chance: loss, latency, forgeries, which events a relay holds. */
  readonly seed: number | string;
  /** How many relays; 1 unless told. */
  readonly relays?: number;
  /** The time that relays see (expiry, authentication); `Date.now` unless told. Latency always takes real time. */
  readonly clock?: { now(): number };
}

/** Sums over all relays of a network. */
export interface NetworkTotals {
  readonly requests: number;
  readonly events: number;
  readonly connections: number;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Relays on loopback within this process. */
export interface TestNetwork extends AsyncDisposable {
  readonly relays: readonly TestRelay[];
  readonly urls: readonly string[];
  /** @throws Error where there is no such relay */
  relay(index: number): TestRelay;
  /** Starts one more relay. */
  addRelay(): Promise<TestRelay>;
  totals(): NetworkTotals;
  resetLedgers(): void;
  /**
   * Waits until nothing is on its way: no handler runs, no frame waits, every client has read what it was sent, and
   * nothing of this has changed for a moment. Streams without end and clients that read nothing do not count.
   * @throws Error after the deadline
   */
  settle(options?: SettleOptions): Promise<void>;
  /** Stops every relay. Idempotent. */
  stop(): Promise<void>;
}

/** Starts a network; nothing of it leaves 127.0.0.1. */
export async function createTestNetwork(options: NetworkOptions): Promise<TestNetwork> {
  const { seed, relays: count = 1, clock } = options;
  const flight = createFlight();
  const relays: NetworkRelay[] = [];
  const now = (): number => clock?.now() ?? Date.now();
  const addRelay = async (): Promise<TestRelay> => {
    const name = `relay ${relays.length}`;
    const relay = createRelay({ name, seed: `${seed} ${name}`, flight, now });
    relays.push(relay);
    await relay.start();
    return relay;
  };
  for (let index = 0; index < count; index++) await addRelay();
  const roundTrips = async (): Promise<void> => {
    await Promise.all(relays.map((relay) => relay.roundTrip()));
  };
  const stop = async (): Promise<void> => {
    await Promise.all(relays.map((relay) => relay.stop()));
  };
  return {
    relays,
    get urls() {
      return relays.map(({ url }) => url);
    },
    relay(index) {
      const relay = relays[index];
      if (!relay) throw new Error(`the network has ${relays.length} relays, no relay ${index}`);
      return relay;
    },
    addRelay,
    totals: () => sum(relays),
    resetLedgers() {
      for (const relay of relays) relay.resetLedger();
    },
    settle: (settleOptions) => settleFlight(flight, roundTrips, settleOptions),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function sum(relays: readonly TestRelay[]): NetworkTotals {
  const totals = { requests: 0, events: 0, connections: 0, framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0 };
  for (const { ledger } of relays) {
    totals.requests += ledger.requests.length;
    totals.events += ledger.events.length;
    totals.connections += ledger.connections;
    totals.framesIn += ledger.framesIn;
    totals.framesOut += ledger.framesOut;
    totals.bytesIn += ledger.bytesIn;
    totals.bytesOut += ledger.bytesOut;
  }
  return totals;
}
