import { LoadConnection } from './load-connection.ts';
import { cpuSeconds } from './server-process.ts';

/** What one cell of the table was measured to be. */
export interface Measurement {
  readonly operations: number;
  readonly seconds: number;
  /** Server CPU per operation, all its threads. */
  readonly cpuMicroseconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Events delivered per operation, where that says something. */
  readonly events?: number | undefined;
}

/** The server a load runs against. */
export interface Target {
  readonly url: string;
  readonly pid: number;
}

/** A closed loop of REQs: each connection asks, waits for EOSE, asks the next. */
export async function measureRequests(
  target: Target,
  filterAt: (index: number) => Record<string, unknown>,
  options: { readonly connections: number; readonly operations: number },
): Promise<Measurement> {
  const connections = await openAll(target.url, options.connections);
  const run = (operations: number): Promise<Loop> =>
    whileAnswering(connections, requestLoop(connections, filterAt, operations));
  await run(Math.min(500, Math.ceil(options.operations / 10)));
  const measured = await timed(target, options.operations, () => run(options.operations));
  for (const connection of connections) connection.close();
  return measured;
}

/** EVENT → OK with a window of unanswered events on each connection. Every event must be accepted. */
export async function measurePublishing(
  target: Target,
  events: readonly string[],
  options: { readonly connections: number; readonly inFlight: number },
): Promise<Measurement> {
  const connections = await openAll(target.url, options.connections);
  const warmUp = Math.min(1_000, Math.floor(events.length / 10));
  const run = (some: readonly string[]): Promise<Loop> =>
    whileAnswering(connections, publishLoop(connections, some, options.inFlight));
  await run(events.slice(0, warmUp));
  const rest = events.slice(warmUp);
  const measured = await timed(target, rest.length, () => run(rest));
  for (const connection of connections) connection.close();
  return measured;
}

/** Publishes one event after the other while many subscriptions match every one; time is publish → receive. */
export async function measureFanOut(
  target: Target,
  events: readonly string[],
  options: { readonly subscriptions: number; readonly connections: number },
): Promise<Measurement> {
  const connections = await openAll(target.url, options.connections);
  await subscribeAll(connections, options.subscriptions);
  const [publisher] = await openAll(target.url, 1);
  if (!publisher) throw new Error('no connection to publish on');
  const loop = async (some: readonly string[]): Promise<Loop> => {
    const latenciesMs: number[] = [];
    for (const event of some)
      await publishAndReceive({ publisher, connections, event, latenciesMs, expected: options.subscriptions });
    return { latenciesMs, events: latenciesMs.length };
  };
  await loop(events.slice(0, 5));
  const rest = events.slice(5);
  const measured = await timed(target, rest.length, () => loop(rest));
  for (const connection of [publisher, ...connections]) connection.close();
  return measured;
}

/** A server that is silent for so long has stopped answering. */
const silenceMsMax = 15_000;

/** Fails where none of the connections hears anything any more, as a load would otherwise wait for ever. */
async function whileAnswering<T>(connections: readonly LoadConnection[], work: Promise<T>): Promise<T> {
  const beganAtMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      const heardAtMs = Math.max(beganAtMs, ...connections.map((connection) => connection.heardAtMs));
      if (performance.now() - heardAtMs > silenceMsMax) reject(new Error('the relay stopped answering'));
    }, 1_000);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearInterval(timer);
  }
}

interface Loop {
  readonly latenciesMs: readonly number[];
  readonly events: number;
}

async function openAll(url: string, count: number): Promise<LoadConnection[]> {
  const connections: LoadConnection[] = [];
  for (let i = 0; i < count; i += 1) connections.push(await LoadConnection.open(url));
  return connections;
}

async function timed(target: Target, operations: number, run: () => Promise<Loop>): Promise<Measurement> {
  const cpuBefore = cpuSeconds(target.pid);
  const startMs = performance.now();
  const { latenciesMs, events } = await run();
  const seconds = (performance.now() - startMs) / 1000;
  const sorted = Float64Array.from(latenciesMs).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    operations,
    seconds,
    cpuMicroseconds: ((cpuSeconds(target.pid) - cpuBefore) / operations) * 1e6,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    events: events / operations,
  };
}

function requestLoop(
  connections: readonly LoadConnection[],
  filterAt: (index: number) => Record<string, unknown>,
  operations: number,
): Promise<Loop> {
  const latenciesMs: number[] = [];
  let asked = 0;
  let events = 0;
  return new Promise((resolve, reject) => {
    for (const connection of connections) {
      let sentMs = 0;
      const ask = (): void => {
        if (asked >= operations) return;
        const index = asked;
        asked += 1;
        sentMs = performance.now();
        connection.send(JSON.stringify(['REQ', 'bench', filterAt(index)]));
      };
      connection.onFrame = (kind, payload) => {
        if (kind === 'EVENT') events += 1;
        else if (kind === 'EOSE') {
          latenciesMs.push(performance.now() - sentMs);
          if (latenciesMs.length === operations) resolve({ latenciesMs, events });
          else ask();
        } else if (kind === 'CLOSED') reject(new Error(`the relay refused: ${payload.toString()}`));
      };
      ask();
    }
  });
}

function publishLoop(
  connections: readonly LoadConnection[],
  events: readonly string[],
  inFlight: number,
): Promise<Loop> {
  const latenciesMs: number[] = [];
  let next = 0;
  return new Promise((resolve, reject) => {
    if (events.length === 0) resolve({ latenciesMs, events: 0 });
    for (const connection of connections) {
      const sentMsById = new Map<string, number>();
      let answered = 0;
      const refill = (): void => {
        publish(answered);
        answered = 0;
      };
      const publish = (count: number): void => {
        const texts: string[] = [];
        for (let i = 0; i < count && next < events.length; i += 1) {
          const json = events[next] ?? '';
          next += 1;
          sentMsById.set(json.slice(7, 71), performance.now());
          texts.push(`["EVENT",${json}]`);
        }
        if (texts.length > 0) connection.sendAll(texts);
      };
      connection.onFrame = (kind, payload) => {
        if (kind !== 'OK') return;
        const id = payload.toString('latin1', 7, 71);
        if (payload.toString('latin1', 73, 77) !== 'true' && !isExpectedRefusal(payload)) {
          reject(new Error(`the relay refused: ${payload.toString()}`));
        }
        latenciesMs.push(performance.now() - (sentMsById.get(id) ?? Number.NaN));
        sentMsById.delete(id);
        if (latenciesMs.length === events.length) resolve({ latenciesMs, events: events.length });
        else {
          // Answers come many to a packet; the window is refilled with one write once the packet is read.
          if (answered === 0) queueMicrotask(refill);
          answered += 1;
        }
      };
      publish(inFlight);
    }
  });
}

/** A newer version or a deletion request may be there already; relays word that differently, and all did the work. */
function isExpectedRefusal(payload: Buffer): boolean {
  return /"(replaced|superseded|duplicate|deleted|blocked|invalid): .*(newer|replaced|deleted|have|deletion)/i.test(
    payload.toString(),
  );
}

async function subscribeAll(connections: readonly LoadConnection[], subscriptions: number): Promise<void> {
  let open = 0;
  await new Promise<void>((resolve, reject) => {
    for (const connection of connections) {
      connection.onFrame = (kind, payload) => {
        if (kind === 'EOSE') open += 1;
        if (kind === 'CLOSED') reject(new Error(`the relay refused: ${payload.toString()}`));
        if (open === subscriptions) resolve();
      };
    }
    for (let i = 0; i < subscriptions; i += 1) {
      connections[i % connections.length]?.send(JSON.stringify(['REQ', `live${i}`, { kinds: [1], limit: 0 }]));
    }
  });
}

function publishAndReceive(step: {
  readonly publisher: LoadConnection;
  readonly connections: readonly LoadConnection[];
  readonly event: string;
  readonly latenciesMs: number[];
  readonly expected: number;
}): Promise<void> {
  let received = 0;
  const sentMs = performance.now();
  return new Promise((resolve) => {
    for (const connection of step.connections) {
      connection.onFrame = (kind) => {
        if (kind !== 'EVENT') return;
        received += 1;
        step.latenciesMs.push(performance.now() - sentMs);
        if (received === step.expected) resolve();
      };
    }
    step.publisher.send(`["EVENT",${step.event}]`);
  });
}
