/** A record that a test name server has, as people write it. */
export type DnsRecord =
  /** One record of one or more strings of at most 255 bytes each. */
  | { readonly type: 'TXT'; readonly texts: readonly string[] }
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'CNAME'; readonly target: string };

/** What a client asks for. */
export interface DnsQuestion {
  /** In lower case, without the last dot. */
  readonly name: string;
  /** The number of the type: 1 A, 5 CNAME, 16 TXT, 28 AAAA. */
  readonly type: number;
}

/** A query as it came. */
export interface DnsQuery extends DnsQuestion {
  readonly id: number;
  /** Bytes of the question as they were sent: clients compare them, letter case included. */
  readonly question: Buffer;
  /** Bytes that a UDP reply may have: 512 (RFC 1035), or what EDNS says (RFC 6891). */
  readonly udpBytesMax: number;
}

/** A record and the name it stands at. */
export interface PlacedRecord {
  readonly name: string;
  readonly record: DnsRecord;
}

/** What a reply says. */
export interface DnsReply {
  /** 0 no error, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED. */
  readonly code: number;
  readonly answers: readonly PlacedRecord[];
  readonly isTruncated?: boolean;
}

/** Numbers of types by name (RFC 1035, 3596). */
export const dnsTypes = { A: 1, CNAME: 5, TXT: 16, AAAA: 28 } as const;

/** Reads a query of one question; undefined where it is not one. */
export function readQuery(bytes: Buffer): DnsQuery | undefined {
  if (bytes.length < 17 || (bytes.readUInt16BE(2) & 0x8000) !== 0 || bytes.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = 12;
  for (let length = bytes[at]; length; length = bytes[at]) {
    if (length > 63 || at + 1 + length >= bytes.length) return undefined;
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5;
  if (end > bytes.length) return undefined;
  return {
    id: bytes.readUInt16BE(0),
    name: labels.join('.').toLowerCase(),
    type: bytes.readUInt16BE(at + 1),
    question: bytes.subarray(12, end),
    udpBytesMax: readUdpSize(bytes, end),
  };
}

/** The size in an OPT record, where it is the first after the question: root name, type 41, size as the class. */
function readUdpSize(bytes: Buffer, at: number): number {
  const isThere = bytes.readUInt16BE(10) > 0 && at + 11 <= bytes.length && bytes.readUInt16BE(at + 1) === 41;
  return isThere ? Math.max(512, bytes.readUInt16BE(at + 3)) : 512;
}

/** Writes a reply to a query. */
export function writeReply(query: DnsQuery, { code, answers, isTruncated = false }: DnsReply): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(query.id, 0);
  // Reply, authoritative, recursion asked for and there.
  header.writeUInt16BE(0x8580 | (isTruncated ? 0x0200 : 0) | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  return Buffer.concat([header, query.question, ...answers.map(writeRecord)]);
}

function writeRecord({ name, record }: PlacedRecord): Buffer {
  const content = writeContent(record);
  const head = Buffer.alloc(10);
  head.writeUInt16BE(dnsTypes[record.type], 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(60, 4);
  head.writeUInt16BE(content.length, 8);
  return Buffer.concat([writeName(name), head, content]);
}

function writeContent(record: DnsRecord): Buffer {
  switch (record.type) {
    case 'TXT':
      return Buffer.concat(record.texts.map((text) => writeText(Buffer.from(text))));
    case 'A':
      return Buffer.from(record.address.split('.').map(Number));
    case 'AAAA':
      return writeIpv6(record.address);
    case 'CNAME':
      return writeName(record.target);
  }
}

function writeText(bytes: Buffer): Buffer {
  if (bytes.length > 255) throw new RangeError('a string of a TXT record has 255 bytes at most');
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function writeName(name: string): Buffer {
  const labels = name.split('.').map((label) => writeText(Buffer.from(label, 'latin1')));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function writeIpv6(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number(`0x${group}`)));
  const [before, behind] = [groups(head), groups(tail)];
  const zeros = new Array<number>(8 - before.length - behind.length).fill(0);
  return Buffer.from([...before, ...zeros, ...behind].flatMap((group) => [group >> 8, group & 255]));
}
