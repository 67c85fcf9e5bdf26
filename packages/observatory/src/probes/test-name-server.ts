import { createSocket } from 'node:dgram';

/** A name server of tests on 127.0.0.1. */
export interface TestNameServer extends AsyncDisposable {
  /** As `127.0.0.1:port`. */
  readonly address: string;
}

/** What a name is: an IPv4 address, null for no such name, undefined for no answer at all. */
export type AnswerName = (name: string, type: 'A' | 'AAAA') => string | null | undefined;

const headerBytes = 12;

/** Starts a name server that speaks as much of RFC 1035 as a resolver asks. */
export async function startNameServer(answer: AnswerName): Promise<TestNameServer> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, end } = readName(query);
    const address = answer(name, query.readUInt16BE(end) === 1 ? 'A' : 'AAAA');
    if (address !== undefined) socket.send(toAnswer(query.subarray(0, end + 4), address), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function readName(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** The question again, and its answer; 3 is "no such name". */
function toAnswer(question: Buffer, address: string | null): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180 | (address === null ? 3 : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(address === null ? 0 : 1, 6);
  head.writeUInt32BE(0, 8);
  if (address === null) return head;
  const record = [0xc0, headerBytes, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)];
  return Buffer.concat([head, Buffer.from(record)]);
}
