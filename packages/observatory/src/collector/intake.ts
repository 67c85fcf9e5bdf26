import type { Delivery } from '@nostrata/network';
import type { NostrEvent } from '@nostrata/protocol';
import type { Clock } from '../contract.ts';
import type { Figures } from './figures.ts';
import { type Fingerprint, type Fingerprinter, ofPair, toKey } from './fingerprint.ts';
import { createFingerprintSet, type FingerprintSet } from './fingerprint-set.ts';
import type { Ledger } from './ledger.ts';
import type { CollectorLimits } from './limits.ts';
import { createRecentTexts, isSameText, type RecentTexts } from './recent-texts.ts';
import type { Source } from './source.ts';

/** An event that is not known to be genuine and durable, with everybody who sent it. */
export interface Entry {
  readonly event: NostrEvent;
  readonly fingerprint: Fingerprint;
  /** Who sent this very text, the first first. */
  readonly sources: Source[];
  readonly bytes: number;
}

/**
 * What became of an entry: `novel` and `known`: genuine and durable; `forged`: id or signature are wrong; `refused`:
 * the door does not want it.
 */
export type EntryVerdict = 'novel' | 'known' | 'forged' | 'refused';

/** What the intake works with. */
export interface IntakeOptions {
  readonly clock: Clock;
  readonly limits: CollectorLimits;
  readonly fingerprinter: Fingerprinter;
  readonly ledger: Ledger;
  readonly figures: Figures;
  /** There is enough for a batch. */
  readonly ready: () => void;
}

/** Where events of relays arrive: known ones are counted at once, new ones wait for a batch. */
export interface Intake {
  /** The promise is pending only while the buffer is full. */
  deliver(event: NostrEvent, source: Source): Promise<Delivery>;
  /** Takes the oldest entries that wait; what is taken is in flight until it is settled or put back. */
  take(max: number): Entry[];
  /** Puts entries back, before all others. */
  putBack(entries: readonly Entry[]): void;
  /** The entry has its verdict: everybody who sent it is counted. `first`: who was first with a known event. */
  settle(entry: Entry, verdict: EntryVerdict, first?: string): void;
  /** Notes what a relay delivered in an earlier run. */
  remember(relay: number, fingerprints: readonly Fingerprint[]): void;
  /** Lets relays go on where there is room again. */
  relieve(): void;
  /** Entries that wait, and all that are not settled. */
  readonly waiting: number;
  readonly buffered: number;
}

/** Creates an empty intake. */
export function createIntake(options: IntakeOptions): Intake {
  return new BatchIntake(options);
}

const kept: Promise<Delivery> = Promise.resolve('kept');
const forged: Promise<Delivery> = Promise.resolve('forged');
const hourMs = 3_600_000;
/** What an event takes in memory beside its texts, and each of its tags. */
const eventBytes = 700;
const tagBytes = 120;

class BatchIntake implements Intake {
  readonly #options: IntakeOptions;
  readonly #events: FingerprintSet;
  readonly #pairs: FingerprintSet;
  /** By fingerprint only what is worth a look: a forger must not find a text that passes for another's. */
  readonly #forgeries: FingerprintSet;
  readonly #forgedTexts: RecentTexts;
  readonly #entryByKey = new Map<number, Entry>();
  /** Who was first with events that an earlier run may not have counted, until that relay sends them again. */
  readonly #firstByKey = new Map<number, string>();
  #waiting: Entry[] = [];
  #buffered = 0;
  #bytes = 0;
  #gate: { readonly opened: Promise<Delivery>; open(): void } | undefined;

  constructor(options: IntakeOptions) {
    const { eventsRemembered, pairsRemembered, forgeriesRemembered } = options.limits;
    this.#options = options;
    this.#events = createFingerprintSet(eventsRemembered);
    this.#pairs = createFingerprintSet(pairsRemembered);
    this.#forgeries = createFingerprintSet(forgeriesRemembered);
    this.#forgedTexts = createRecentTexts(forgeriesRemembered);
  }

  deliver(event: NostrEvent, source: Source): Promise<Delivery> {
    const { clock, fingerprinter, ledger, figures } = this.#options;
    const nowMs = clock.now();
    const counts = ledger.counts(source.relay, Math.floor(nowMs / hourMs));
    counts.received++;
    figures.received(1);
    const fingerprint = fingerprinter.ofEvent(event);
    const pair = ofPair(fingerprint, source.relay);
    if (this.#pairs.has(pair)) {
      counts.repeats++;
      heard(source, event, nowMs);
      return kept;
    }
    if (this.#events.has(fingerprint)) {
      const isNovel = this.#firstByKey.size > 0 && this.#redeem(fingerprint, source);
      this.#notePair({ source, event, fingerprint, pair, nowMs, isNovel });
    } else if (this.#forgeries.has(fingerprint) && this.#forgedTexts.has(event)) {
      counts.invalid++;
      figures.invalid(1);
      return forged;
    } else if (this.#enter(event, fingerprint, source)) counts.repeats++;
    heard(source, event, nowMs);
    return this.#isFull() ? this.#wait() : kept;
  }

  take(max: number): Entry[] {
    if (this.#waiting.length > max) return this.#waiting.splice(0, max);
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  putBack(entries: readonly Entry[]): void {
    this.#waiting = [...entries, ...this.#waiting];
  }

  settle(entry: Entry, verdict: EntryVerdict, first?: string): void {
    const { clock, ledger, figures } = this.#options;
    const { event, fingerprint, sources } = entry;
    const nowMs = clock.now();
    const key = toKey(fingerprint);
    if (this.#entryByKey.get(key) === entry) this.#entryByKey.delete(key);
    this.#buffered--;
    this.#bytes -= entry.bytes;
    if (verdict === 'forged') {
      this.#forgeries.add(fingerprint);
      this.#forgedTexts.add(event);
    }
    if (verdict === 'novel' || verdict === 'known') this.#events.add(fingerprint);
    if (verdict === 'novel') figures.unique(event.kind);
    if (first !== undefined && !sources.some(({ url }) => url === first)) this.#owe(fingerprint, first);
    sources.forEach((source, place) => {
      const counts = ledger.counts(source.relay, Math.floor(nowMs / hourMs));
      if (verdict === 'refused') counts.refused++;
      else if (verdict === 'forged') {
        counts.invalid++;
        source.forged++;
        figures.invalid(1);
      } else {
        source.genuine++;
        const pair = ofPair(fingerprint, source.relay);
        const isNovel = verdict === 'novel' ? place === 0 : source.url === first;
        if (this.#pairs.has(pair)) counts.repeats++;
        else this.#notePair({ source, event, fingerprint, pair, nowMs, isNovel });
      }
    });
  }

  remember(relay: number, fingerprints: readonly Fingerprint[]): void {
    for (const fingerprint of fingerprints) {
      this.#events.add(fingerprint);
      this.#pairs.add(ofPair(fingerprint, relay));
    }
  }

  relieve(): void {
    if (this.#gate === undefined || this.#isFull(2)) return;
    this.#gate.open();
    this.#gate = undefined;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get buffered(): number {
    return this.#buffered;
  }

  /** Lets a new event wait for the next batch; true where this relay has sent it already. */
  #enter(event: NostrEvent, fingerprint: Fingerprint, source: Source): boolean {
    const key = toKey(fingerprint);
    const known = this.#entryByKey.get(key);
    if (known !== undefined && isSameText(known.event, event)) {
      if (known.sources.includes(source)) return true;
      known.sources.push(source);
      return false;
    }
    const bytes = eventBytes + event.content.length + tagBytes * event.tags.length;
    const entry: Entry = { event, fingerprint, sources: [source], bytes };
    if (known === undefined) this.#entryByKey.set(key, entry);
    this.#buffered++;
    this.#bytes += bytes;
    this.#waiting.push(entry);
    if (this.#waiting.length >= this.#options.limits.flushEvents) this.#options.ready();
    return false;
  }

  #owe(fingerprint: Fingerprint, first: string): void {
    if (this.#firstByKey.size < this.#options.limits.bufferEventsMax) this.#firstByKey.set(toKey(fingerprint), first);
  }

  #redeem(fingerprint: Fingerprint, { url }: Source): boolean {
    const key = toKey(fingerprint);
    return this.#firstByKey.get(key) === url && this.#firstByKey.delete(key);
  }

  #notePair({ source, event, fingerprint, pair, nowMs, isNovel }: NewPair): void {
    const { ledger } = this.#options;
    const { relay } = source;
    this.#pairs.add(pair);
    ledger.pair(relay, fingerprint, event.created_at);
    const counts = ledger.counts(relay, Math.floor(nowMs / hourMs));
    counts.events++;
    if (isNovel) counts.novel++;
    if (event.id.startsWith('00')) ledger.sighting({ id: event.id, relay, firstSeenMs: nowMs, isNovel });
  }

  #isFull(part = 1): boolean {
    const { bufferEventsMax, bufferBytesMax, pairsRemembered } = this.#options.limits;
    const isLarge = this.#buffered * part >= bufferEventsMax || this.#bytes * part >= bufferBytesMax;
    // Pairs that could not be written for a while are bounded too.
    return isLarge || this.#options.ledger.pairs * part >= pairsRemembered / 4;
  }

  #wait(): Promise<Delivery> {
    if (this.#gate === undefined) {
      const { promise, resolve } = Promise.withResolvers<Delivery>();
      this.#gate = { opened: promise, open: () => resolve('kept') };
      this.#options.ready();
    }
    return this.#gate.opened;
  }
}

interface NewPair {
  readonly source: Source;
  readonly event: NostrEvent;
  readonly fingerprint: Fingerprint;
  readonly pair: Fingerprint;
  readonly nowMs: number;
  readonly isNovel: boolean;
}

/** What a relay dates ahead of the time must not hide what it sends later. */
function heard(source: Source, { created_at }: NostrEvent, nowMs: number): void {
  const second = Math.min(created_at, Math.floor(nowMs / 1000));
  if (second > source.newest) source.newest = second;
}
