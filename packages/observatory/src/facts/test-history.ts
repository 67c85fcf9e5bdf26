import { createHash } from 'node:crypto';
import { Kind, type NostrEvent, type Tag, type VerifiedEvent } from '@nostrata/protocol';
import { createUncheckedEvent, type SeededRandom, uncheckedPubkey } from '@nostrata/testing';

function hash(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

const signature = 'q'.repeat(104);
const charset = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

/** An invoice of that amount (`20u`) for the payment of that number; its signature is nobody's. */
export function createInvoice(amount: string, payment: number): string {
  const words = [...hash(`payment ${payment}`).slice(0, 51)].map((digit) => charset[Number.parseInt(digit, 16)]);
  const digits = `qqqqqqqpp5${words.join('')}q`;
  const prefix = `lnbc${amount}`;
  const values = [...`${digits}${signature}`].map((character) => charset.indexOf(character));
  return `${prefix}1${[...values, ...checksum(prefix, values)].map((value) => charset[value]).join('')}`;
}

/** The checksum of bech32 (BIP 173). */
function checksum(prefix: string, values: readonly number[]): number[] {
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  const expanded = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
  const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  let sum = 1;
  for (const value of [...expanded, ...values, 0, 0, 0, 0, 0, 0]) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of generators.entries()) if ((top >> bit) & 1) sum ^= generator;
  }
  return [5, 4, 3, 2, 1, 0].map((place) => ((sum ^ 1) >> (5 * place)) & 31);
}

/** A zap receipt with its request. */
export function createZap(
  from: string,
  { to, invoice, created_at = 1_700_000_000, tags = [] }: ZapParts,
): VerifiedEvent {
  const people: Tag[] = [['p', uncheckedPubkey(to)]];
  const request = createUncheckedEvent(from, {
    kind: Kind.zapRequest,
    tags: [...people, ['relays', 'wss://a'], ...tags],
  });
  const description: Tag = ['description', JSON.stringify(request)];
  return createUncheckedEvent('server', {
    kind: Kind.zapReceipt,
    created_at,
    tags: [...people, ['bolt11', invoice], description],
  });
}

interface ZapParts {
  readonly to: string;
  readonly invoice: string;
  readonly created_at?: number;
  /** Of the request. */
  readonly tags?: readonly Tag[];
}

/** The second from which some events of random histories have expired. */
export const expiringSecond = 1_700_000_000;

const authors = ['alice', 'bob', 'carol', 'dave'];
const day = 86_400;

/** Edges of buckets: midnight, leap days, the first day, the end of 32 bits, and times that are none. */
export const edges: readonly number[] = [
  1_604_707_199,
  1_604_707_200,
  ...[Date.UTC(2024, 1, 29), Date.UTC(2024, 2, 1), Date.UTC(2026, 10, 21), Date.UTC(2106, 1, 7, 6, 28, 16)].flatMap(
    (ms) => [ms / 1_000 - 1, ms / 1_000, ms / 1_000 + 3_599, ms / 1_000 + day - 1],
  ),
  0,
  2 ** 33,
  2 ** 33 + 1,
  2 ** 40,
];

/** Random events of all kinds that are counted in different ways; many replace or delete earlier ones. */
export function createHistory(random: SeededRandom, size: number): VerifiedEvent[] {
  const events: VerifiedEvent[] = [];
  while (events.length < size) events.push(createRandomEvent(random, events));
  return [...events, ...events.filter(() => random.integer(6) === 0)];
}

function createRandomEvent(random: SeededRandom, earlier: readonly NostrEvent[]): VerifiedEvent {
  const created_at = random.integer(3) === 0 ? random.pick(edges) : 1_690_000_000 + random.integer(20) * 1_800;
  const target = earlier.length > 0 ? random.pick(earlier) : undefined;
  if (random.integer(6) === 0) {
    const invoice = createInvoice(random.pick(['20u', '10m', '11m', '1p0']), random.integer(4));
    return createZap(random.pick(authors), { to: random.pick(authors), invoice, created_at, tags: createTags(random) });
  }
  const kind = random.pick([
    0,
    0,
    1,
    1,
    1,
    3,
    5,
    7,
    445,
    1059,
    1111,
    10_002,
    20_001,
    30_023,
    random.integer(40) === 0 ? 62 : 1,
  ]);
  const tags: Tag[] = target
    ? [
        ['e', target.id],
        ['E', target.id],
        ['p', target.pubkey],
      ]
    : [];
  if (random.integer(2) === 0) tags.length = 0;
  if (kind === 62) tags.push(['relay', 'ALL_RELAYS']);
  if (kind >= 30_000) tags.push(['d', random.pick(['a', 'b'])]);
  tags.push(...createTags(random));
  return createUncheckedEvent(random.pick(authors), { kind, created_at, tags, content: 'é'.repeat(random.integer(4)) });
}

function createTags(random: SeededRandom): Tag[] {
  const tags: Tag[] = [];
  const client = random.pick([undefined, 'Amethyst', 'AMETHYST v1.2', 'a\0b', `31990:${'0'.repeat(64)}:x`]);
  if (client !== undefined) tags.push(['client', client]);
  if (random.integer(8) === 0) tags.push(['expiration', String(expiringSecond)]);
  return tags;
}
