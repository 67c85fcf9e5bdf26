import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import {
  type DnsQuery,
  type DnsQuestion,
  type DnsRecord,
  dnsTypes,
  type PlacedRecord,
  readQuery,
  writeReply,
} from './dns-wire.ts';

/** What can be wrong with the answers for a name. */
export type DnsFault =
  | 'servfail'
  | 'refused'
  /** No answer comes. */
  | 'silent'
  /** The answer has an id that nobody asked with. */
  | 'wrong-id'
  /** The answer promises a record and ends in the middle of it. */
  | 'malformed'
  /** Replies over UDP are truncated and empty, however short the answer is. */
  | 'truncated'
  /** As before, and the connection over TCP breaks. */
  | 'truncated-for-ever'
  | { readonly slowMs: number };

/** A question that was asked. */
export interface DnsAsked extends DnsQuestion {
  readonly over: 'udp' | 'tcp';
}

/** A name server of tests, over UDP and TCP on one port of 127.0.0.1. */
export interface TestDns extends AsyncDisposable {
  /** `127.0.0.1:port`, as resolvers take it. */
  readonly address: string;
  readonly asked: readonly DnsAsked[];
  /** What stands at a name, in place of what stood there; no record at all is a name without records. */
  set(name: string, records: readonly DnsRecord[]): void;
  /** Takes a name away: NXDOMAIN from now on. */
  remove(name: string): void;
  /** Answers wrongly for a name and all below it, until it is told undefined. */
  fail(name: string, fault: DnsFault | undefined): void;
}

/** Starts a name server that knows nothing yet: every name gets NXDOMAIN. */
export async function startDnsServer(): Promise<TestDns> {
  const zone = new Map<string, readonly DnsRecord[]>();
  const faults = new Map<string, DnsFault>();
  const asked: DnsAsked[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const serve = (bytes: Buffer, over: DnsAsked['over'], send: (reply: Buffer | undefined) => void): void => {
    const query = readQuery(bytes);
    if (query === undefined) return;
    asked.push({ name: query.name, type: query.type, over });
    const fault = findFault(faults, query.name);
    const reply = answer(query, { zone, fault, over });
    if (typeof fault !== 'object') return send(reply);
    const timer = setTimeout(() => {
      timers.delete(timer);
      send(reply);
    }, fault.slowMs);
    timers.add(timer);
  };
  const { udp, tcp, port, sockets } = await listen(serve);
  return {
    address: `127.0.0.1:${port}`,
    asked,
    set: (name, records) => void zone.set(name.toLowerCase(), records),
    remove: (name) => void zone.delete(name.toLowerCase()),
    fail(name, fault) {
      if (fault === undefined) faults.delete(name.toLowerCase());
      else faults.set(name.toLowerCase(), fault);
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      udp.close();
      tcp.close();
      await Promise.all([once(udp, 'close'), once(tcp, 'close')]);
    },
  };
}

function findFault(faults: ReadonlyMap<string, DnsFault>, name: string): DnsFault | undefined {
  for (const [place, fault] of faults) if (name === place || name.endsWith(`.${place}`)) return fault;
  return undefined;
}

interface Serving {
  readonly zone: ReadonlyMap<string, readonly DnsRecord[]>;
  readonly fault: DnsFault | undefined;
  readonly over: DnsAsked['over'];
}

/** The bytes of an answer; undefined where none is sent. */
function answer(query: DnsQuery, { zone, fault, over }: Serving): Buffer | undefined {
  if (fault === 'silent') return undefined;
  if (fault === 'servfail') return writeReply(query, { code: 2, answers: [] });
  if (fault === 'refused') return writeReply(query, { code: 5, answers: [] });
  const isCut = fault === 'truncated' || fault === 'truncated-for-ever';
  if (isCut && over === 'udp') return writeReply(query, { code: 0, answers: [], isTruncated: true });
  if (fault === 'truncated-for-ever') return undefined;
  const found = find(zone, query);
  const reply = writeReply(query, found);
  if (fault === 'wrong-id') reply.writeUInt16BE(query.id ^ 0x5555, 0);
  if (fault === 'malformed') {
    reply.writeUInt16BE(1, 6);
    return Buffer.concat([reply.subarray(0, 12 + query.question.length), Buffer.from([0, 0, 16, 0, 1, 0, 0])]);
  }
  if (over === 'udp' && reply.length > query.udpBytesMax) {
    return writeReply(query, { code: 0, answers: [], isTruncated: true });
  }
  return reply;
}

/** Follows aliases as a recursive resolver does, and says NXDOMAIN of a name that has nothing at or below it. */
function find(zone: Serving['zone'], { name, type }: DnsQuestion): { code: number; answers: PlacedRecord[] } {
  const answers: PlacedRecord[] = [];
  let at = name;
  for (let hops = 0; hops < 8; hops += 1) {
    const records = zone.get(at);
    if (records === undefined) {
      const isParent = [...zone.keys()].some((other) => other.endsWith(`.${at}`));
      return { code: isParent ? 0 : 3, answers };
    }
    answers.push(...records.filter((one) => dnsTypes[one.type] === type).map((record) => ({ name: at, record })));
    const alias = records.find((one) => one.type === 'CNAME');
    if (alias?.type !== 'CNAME' || type === dnsTypes.CNAME) return { code: 0, answers };
    answers.push({ name: at, record: alias });
    at = alias.target.toLowerCase();
  }
  return { code: 2, answers: [] };
}

type Serve = (bytes: Buffer, over: DnsAsked['over'], send: (reply: Buffer | undefined) => void) => void;

interface Listening {
  readonly udp: UdpSocket;
  readonly tcp: Server;
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
}

/** One port for both: what is free for TCP may be taken for UDP, so a few are tried. */
async function listen(serve: Serve): Promise<Listening> {
  for (let tries = 0; ; tries += 1) {
    const sockets = new Set<Socket>();
    const tcp = createServer((socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      serveStream(socket, serve);
    });
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const address = tcp.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const udp = createSocket('udp4');
    udp.on('message', (bytes, from) =>
      serve(bytes, 'udp', (reply) => {
        if (reply !== undefined) udp.send(reply, from.port, from.address);
      }),
    );
    try {
      udp.bind(port, '127.0.0.1');
      await once(udp, 'listening');
      return { udp, tcp, port, sockets };
    } catch (error) {
      tcp.close();
      if (tries === 8) throw error;
    }
  }
}

/** Messages over TCP come after their length in two bytes (RFC 1035 4.2.2). */
function serveStream(socket: Socket, serve: Serve): void {
  let rest = Buffer.alloc(0);
  // A client that goes away is no fault of the server.
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const length = rest.readUInt16BE(0);
      serve(rest.subarray(2, 2 + length), 'tcp', (reply) => {
        if (reply === undefined) socket.destroy();
        if (reply === undefined || socket.destroyed) return;
        const head = Buffer.alloc(2);
        head.writeUInt16BE(reply.length, 0);
        socket.write(Buffer.concat([head, reply]));
      });
      rest = rest.subarray(2 + length);
    }
  });
}
