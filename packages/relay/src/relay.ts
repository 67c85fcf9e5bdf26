import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { sendClosed } from './answers.ts';
import { type Connection, createConnection } from './connection.ts';
import type { ConnectionRequest, Relay, RelayOptions } from './contract.ts';
import { createDispatch } from './dispatch.ts';
import { createAuthHandler } from './handlers/auth.ts';
import { createCloseHandler } from './handlers/close.ts';
import { createCountHandler } from './handlers/count.ts';
import { createEventHandler } from './handlers/event.ts';
import { createNegentropyHandlers } from './handlers/negentropy.ts';
import { createReqHandler } from './handlers/req.ts';
import { createInFlight, type InFlight } from './in-flight.ts';
import { createInformation } from './information.ts';
import { createIntake } from './intake.ts';
import { defaultLimits, type RelayLimits } from './limits.ts';
import { createLive } from './live.ts';
import { createReading, type Reading } from './reading.ts';
import { createRegistry } from './registry.ts';
import { createScheduler } from './scheduler.ts';
import { createOutboxFactory } from './socket.ts';
import { createSweeper } from './sweeper.ts';
import { createTokenBucket } from './token-bucket.ts';

const sweepMilliseconds = 5_000;
const challengeBytes = 16;

/** Creates a relay over a store and the door that leads into it. */
export function createRelay(options: RelayOptions): Relay {
  const { settings = {}, now, metrics, ingest } = options;
  const limits = { ...defaultLimits, ...settings.limits };
  const registry = createRegistry(limits);
  const outboxes = createOutboxFactory();
  const reading = createReading(ingest, limits);
  const inFlight = createInFlight();
  const { dispatch, live } = createRoutes(options, {
    limits,
    reading,
    inFlight,
    onAuthAnswered: (connection) => intake.goOn(connection),
  });
  const intake = createIntake({ dispatch, reading, now, logger: options.logger, metrics });
  const sweeper = createSweeper({ limits, registry, now });
  const timer = setInterval(sweeper.sweep, sweepMilliseconds).unref();
  const randomHex = options.randomHex ?? ((bytes: number) => randomBytes(bytes).toString('hex'));
  const information = createInformation({ settings, limits, ingest });
  let connectionsSoFar = 0;
  let stopping: Promise<void> | undefined;

  const open = (socket: WebSocket, request: ConnectionRequest): Connection => {
    const nowMs = now();
    const outbox = outboxes.open(socket, {
      outgoingBytesMax: limits.outgoingBytesMax,
      outgoingPauseBytes: limits.outgoingPauseBytes,
      onSlow: () => {
        connection.endReason = 'slow';
        metrics?.slowClientCut?.();
        options.logger?.warn({ connection: connection.number, ip: request.ip }, 'a slow reader was cut');
      },
      onSent: (bytes) => metrics?.bytesSent?.(bytes),
    });
    const connection = createConnection({
      number: ++connectionsSoFar,
      request,
      outbox,
      challenge: randomHex(challengeBytes),
      messages: createTokenBucket(limits.messagesPerSecondMax, limits.messagesBurstMax, nowMs),
      bytes: createTokenBucket(limits.bytesPerSecondMax, limits.bytesBurstMax, nowMs),
      nowMs,
    });
    return connection;
  };

  const end = (connection: Connection) => {
    if (connection.isClosed) return;
    connection.isClosed = true;
    for (const subscription of [...connection.subscriptions.values()]) live.close(subscription);
    for (const running of [...connection.running.values()]) running.end();
    connection.queries.waiting = [];
    registry.remove(connection);
    metrics?.connectionClosed?.(connection.endReason);
  };

  const accept = (socket: WebSocket, request: ConnectionRequest) => {
    const refusal = stopping ? 'the relay is stopping' : registry.refuse(request.ip);
    socket.on('error', (error) => options.logger?.info({ ip: request.ip, err: error.message }, 'socket error'));
    if (refusal !== undefined) {
      metrics?.connectionClosed?.('refused');
      socket.close(1013, refusal);
      return;
    }
    const connection = open(socket, request);
    registry.add(connection, socket);
    metrics?.connectionOpened?.();
    socket.on('message', (data, isBinary) => intake.receive(connection, { bytes: asBuffer(data), isBinary }));
    socket.on('pong', () => {
      connection.heardAtMs = now();
    });
    socket.on('ping', () => {
      connection.heardAtMs = now();
    });
    socket.on('close', () => end(connection));
    connection.outbox.send(JSON.stringify(['AUTH', connection.challenge]));
  };

  const stop = async () => {
    clearInterval(timer);
    // Nothing more is taken; what was taken is answered, for its sender must know whether it is kept.
    for (const connection of registry.all()) {
      if (connection.endReason === 'client') connection.endReason = 'stopped';
    }
    await inFlight.whenNone(limits.stopAnswersMillisecondsMax);
    live.stop();
    const ended = registry.whenEmpty();
    for (const connection of registry.all()) connection.outbox.close(1001, 'the relay is stopping');
    const deadline = setTimeout(() => {
      for (const connection of registry.all()) connection.outbox.cut();
    }, 1_000);
    await ended;
    clearTimeout(deadline);
  };

  const stopOnce = () => {
    stopping ??= stop();
    return stopping;
  };
  return {
    accept,
    information: () => information,
    statistics: () => ({ connections: registry.size, subscriptions: live.size }),
    sweep: sweeper.sweep,
    stop: stopOnce,
    [Symbol.asyncDispose]: stopOnce,
  };
}

/** `ws` gives one Buffer per message unless it is told otherwise. */
function asBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** What the relay and its handlers both work with. */
interface Shared {
  readonly limits: RelayLimits;
  readonly reading: Reading;
  readonly inFlight: InFlight;
  readonly onAuthAnswered: (connection: Connection) => void;
}

/** Wires the handlers of all verbs. */
function createRoutes(options: RelayOptions, { limits, reading, inFlight, onAuthAnswered }: Shared) {
  const { store, ingest, settings = {}, now, logger, metrics } = options;
  const live = createLive({
    store,
    ingest,
    now,
    limits,
    onSize: (subscriptions) => metrics?.subscriptionsOpen?.(subscriptions),
    onOverflow: (subscription) => {
      live.close(subscription);
      const refusal = { prefix: 'error', message: 'too many new events while stored ones were sent' } as const;
      sendClosed(subscription.connection, subscription.id, refusal);
    },
  });
  const scheduler = createScheduler({
    now,
    turnMillisecondsMax: limits.turnMillisecondsMax,
    runningPerOwnerMax: limits.queriesPerConnectionMax,
    waitingPerOwnerMax: limits.queriesWaitingPerConnectionMax,
  });
  const rules = { limits, authRequiredToRead: settings.authRequiredToRead === true, search: settings.search !== false };
  const common = { store, scheduler, rules, now, logger, metrics };
  const handlers = {
    event: createEventHandler({
      ingest,
      authRequiredToWrite: settings.authRequiredToWrite === true,
      logger,
      metrics,
      inFlight,
      onAnswered: reading.update,
    }),
    auth: createAuthHandler({
      limits,
      now,
      publicUrls: settings.publicUrls ?? [],
      ingest,
      inFlight,
      onAnswered: onAuthAnswered,
      metrics,
    }),
    req: createReqHandler({ ...common, live }),
    close: createCloseHandler({ live }),
    count: createCountHandler({ ...common, enabled: settings.count !== false }),
    ...createNegentropyHandlers({ ...common, enabled: settings.negentropy !== false }),
  };
  return { dispatch: createDispatch({ handlers, limits, metrics }), live };
}
