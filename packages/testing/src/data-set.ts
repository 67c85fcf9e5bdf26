import { createHash } from 'node:crypto';
import { idPreimage, Kind, type UnsignedEvent, type VerifiedEvent } from '@nostrata/protocol';
import { type Author, compose, type Scene, type Target } from './data-kinds.ts';
import { createTexts, createZipf } from './data-texts.ts';
import { type SeededRandom, seededRandom } from './random.ts';
import { createSigner } from './signer.ts';

/** What the benchmark data set depends on; the same options give the same bytes on every machine. */
export interface DataSetOptions {
  readonly seed: number | string;
  readonly events: number;
  /** 5,000 unless told; activity and popularity follow Zipf's law. */
  readonly authors?: number;
  /** `created_at` of the first event; one follows every 13 seconds on average. */
  readonly startSeconds?: number;
}

/** An event of the data set that lacks nothing but its signature. */
export interface Draft {
  readonly event: UnsignedEvent;
  readonly digest: Uint8Array;
  readonly secret: Uint8Array;
}

/** Shares of the kinds in thousandths: proportions of two real days; the rest is rare kinds. */
const shares: readonly (readonly [kind: number, thousandths: number])[] = [
  [Kind.note, 500],
  [Kind.reaction, 300],
  [Kind.repost, 110],
  [Kind.profile, 40],
  [Kind.follows, 20],
  [Kind.relayList, 20],
  [Kind.giftWrap, 4],
  [Kind.zapReceipt, 2],
  [30_023, 2],
  [Kind.deletionRequest, 2],
];

const meanBytes = 730;
const secondsPerEvent = 13;

/** Generates the data set lazily, with real signatures. */
export function* generateEvents(options: DataSetOptions): Generator<VerifiedEvent, void, undefined> {
  const signer = createSigner();
  for (const { event, digest, secret } of generateDrafts(options)) {
    const sig = Buffer.from(signer.sign(digest, secret)).toString('hex');
    const { pubkey, created_at, kind, tags, content } = event;
    const signed = { id: Buffer.from(digest).toString('hex'), pubkey, created_at, kind, tags, content, sig };
    // Signed just now, and so the brand is true.
    yield signed as unknown as VerifiedEvent;
  }
}

/** The data set before it is signed, which is most of the work: workers draft everything and sign their part. */
export function* generateDrafts(options: DataSetOptions): Generator<Draft, void, undefined> {
  const draft = createDrafter(options);
  for (let index = 0; index < options.events; index++) yield draft(index);
}

/** Notes that reactions, reposts and replies choose from; the youngest are the likeliest. */
const recentMax = 4_096;
/** Events over which a deviation from the mean size is made good, so that it does not show in single notes. */
const correctionEvents = 2_000;
/** Canonical JSON is longer than the text that is hashed: by the id, the signature and the names of the fields. */
const bytesBesidePreimage = 252;

function createDrafter(options: DataSetOptions): (index: number) => Draft {
  const { seed, events, authors: authorCount = 5_000, startSeconds = 1_700_000_000 } = options;
  const random = seededRandom(`data set ${seed}`);
  const authors = createAuthors(String(seed), authorCount);
  const pickRank = createZipf(authorCount);
  const texts = createTexts(random);
  const recent: Target[] = [];
  let bytes = 0;
  const pickTarget = (): Target | undefined =>
    recent[recent.length - 1 - Math.floor(random.next() ** 3 * recent.length)];

  return (index) => {
    const kind = pickKind(random);
    const rank = pickRank(random);
    const author = authors[rank] as Author;
    const meanLength = Math.min(400, Math.max(24, 110 + (meanBytes * index - bytes) / correctionEvents));
    const scene: Scene = { random, texts, author, rank, authors, pickRank, pickTarget, events, meanLength };
    const { tags, content, signer = author } = compose(kind, scene);
    const created_at = startSeconds + index * secondsPerEvent + random.integer(60);
    const event = { pubkey: signer.pubkey, created_at, kind, tags, content };
    const preimage = Buffer.from(idPreimage(event));
    const digest = createHash('sha256').update(preimage).digest();
    bytes += preimage.length + bytesBesidePreimage;
    if (kind === Kind.note) {
      author.lastNote = { id: digest.toString('hex'), pubkey: author.pubkey };
      recent.push(author.lastNote);
      if (recent.length > 2 * recentMax) recent.splice(0, recentMax);
    }
    return { event, digest, secret: signer.secret };
  };
}

function createAuthors(seed: string, count: number): Author[] {
  const signer = createSigner();
  return Array.from({ length: count }, (_, rank) => {
    const secret = createHash('sha256').update(`nostrata data set ${seed} author ${rank}`).digest();
    return { secret, pubkey: Buffer.from(signer.getPublicKey(secret)).toString('hex') };
  });
}

function pickKind(random: SeededRandom): number {
  let rest = random.integer(1_000);
  for (const [kind, thousandths] of shares) {
    rest -= thousandths;
    if (rest < 0) return kind;
  }
  return Kind.note;
}
