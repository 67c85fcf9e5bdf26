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
import { createTextTable, type TextTable } from './text-table.ts';

/** An event that is not known to be genuine and durable, with everybody who sent it. */
export interface Entry {
  readonly event: NostrEvent;
  readonly fingerprint: Fingerprint;
  /** Who sent this very text, the first first. */
  readonly sources: Source[];
  /** One of them was still being asked for what an earlier run may have taken and not counted. */
  isRecovering: boolean;
  readonly bytes: number;
  /** As its first relay wrote it. */
  readonly text: GlancedText | undefined;
}

/** The text of a frame from behind its subscription id. */
interface GlancedText {
  readonly fingerprint: Fingerprint;
  readonly text: string;
}

/** A frame that is about to be parsed. */
export interface Glance {
  readonly frame: string;
  /** Where its subscription id ends. */
  readonly at: number;
  /** Whether it is enough to recognise it. */
  readonly isLive: boolean;
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
  /** Counts an event by the text of its frame, where that is enough; else the event itself follows, if it is one. */
  recognize(glance: Glance, source: Source): boolean;
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
/** What the ids of the sample begin with: one of 256. */
const samplePrefix = '00';
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
  /** Events that are durable, by how relays write them. */
  readonly #texts: TextTable;
  readonly #entryByKey = new Map<number, Entry>();
  readonly #entryByText = new Map<number, Entry>();
  /** Who was first with events that an earlier run may not have counted, until that relay sends them again. */
  readonly #firstByKey = new Map<number, string>();
  #waiting: Entry[] = [];
  /** The frame that is being parsed. */
  #glanced: { readonly fingerprint: Fingerprint; readonly frame: string; readonly at: number } | undefined;
  #buffered = 0;
  #bytes = 0;
  #gate: { readonly opened: Promise<Delivery>; open(): void } | undefined;

  constructor(options: IntakeOptions) {
    const { eventsRemembered, pairsRemembered, forgeriesRemembered, textsRemembered } = options.limits;
    this.#options = options;
    this.#events = createFingerprintSet(eventsRemembered);
    this.#pairs = createFingerprintSet(pairsRemembered);
    this.#forgeries = createFingerprintSet(forgeriesRemembered);
    this.#forgedTexts = createRecentTexts(forgeriesRemembered);
    this.#texts = createTextTable(textsRemembered);
  }

  recognize({ frame, at, isLive }: Glance, source: Source): boolean {
    const fingerprint = this.#options.fingerprinter.ofText(frame, at);
    if (isLive && !this.#isFull()) {
      const known = this.#texts.find(fingerprint);
      if (known !== undefined) {
        this.#count(source, known, known);
        return true;
      }
      const entry = this.#entryByText.get(toKey(fingerprint));
      if (entry?.text !== undefined && frame.slice(at) === entry.text.text) {
        this.#join(entry, source, this.#receive(source));
        return true;
      }
    }
    this.#glanced = { fingerprint, frame, at };
    return false;
  }

  deliver(event: NostrEvent, source: Source): Promise<Delivery> {
    // Some relays write frames in a way that is not glanced at: then this is another's.
    const glanced = this.#glanced?.frame.includes(event.sig) === true ? this.#glanced : undefined;
    this.#glanced = undefined;
    const fingerprint = this.#options.fingerprinter.ofEvent(event);
    if (this.#events.has(fingerprint) || this.#pairs.has(ofPair(fingerprint, source.relay))) {
      if (glanced) this.#learn(glanced.fingerprint, fingerprint, event);
      this.#count(source, fingerprint, { createdAt: event.created_at, id: event.id });
    } else {
      const nowMs = this.#receive(source);
      if (this.#forgeries.has(fingerprint) && this.#forgedTexts.has(event)) {
        this.#options.ledger.counts(source.relay, Math.floor(nowMs / hourMs)).invalid++;
        this.#options.figures.invalid(1);
        return forged;
      }
      const known = this.#entryByKey.get(toKey(fingerprint));
      if (known !== undefined && isSameText(known.event, event)) this.#join(known, source, nowMs);
      else {
        const text = glanced && { fingerprint: glanced.fingerprint, text: glanced.frame.slice(glanced.at) };
        this.#enter(event, { fingerprint, text, source });
        heard(source, event.created_at, nowMs);
      }
    }
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
    const isGenuine = verdict === 'novel' || verdict === 'known';
    if (entry.text !== undefined) {
      const textKey = toKey(entry.text.fingerprint);
      if (this.#entryByText.get(textKey) === entry) this.#entryByText.delete(textKey);
      if (isGenuine) this.#learn(entry.text.fingerprint, fingerprint, event);
    }
    this.#buffered--;
    this.#bytes -= entry.bytes;
    if (verdict === 'forged') {
      this.#forgeries.add(fingerprint);
      this.#forgedTexts.add(event);
    }
    if (isGenuine) this.#events.add(fingerprint);
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
        else this.#notePair({ source, id: event.id, createdAt: event.created_at, fingerprint, pair, nowMs, isNovel });
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

  /** Notes that an event has come; returns when. */
  #receive({ relay }: Source): number {
    const { clock, ledger, figures } = this.#options;
    const nowMs = clock.now();
    ledger.counts(relay, Math.floor(nowMs / hourMs)).received++;
    figures.received(1);
    return nowMs;
  }

  /** Counts an event that is genuine and durable. */
  #count(
    source: Source,
    fingerprint: Fingerprint,
    { createdAt, id }: { readonly createdAt: number; readonly id?: string },
  ): void {
    const nowMs = this.#receive(source);
    const pair = ofPair(fingerprint, source.relay);
    if (this.#pairs.has(pair)) this.#options.ledger.counts(source.relay, Math.floor(nowMs / hourMs)).repeats++;
    else {
      const isNovel = this.#firstByKey.size > 0 && this.#redeem(fingerprint, source);
      this.#notePair({ source, id, createdAt, fingerprint, pair, nowMs, isNovel });
    }
    heard(source, createdAt, nowMs);
  }

  /** Notes how a durable event is written; those of the sample always come whole, as their ids are wanted. */
  #learn(text: Fingerprint, { high, low }: Fingerprint, { id, created_at: createdAt }: NostrEvent): void {
    if (!id.startsWith(samplePrefix)) this.#texts.add(text, { high, low, createdAt });
  }

  /** One more relay sent what waits already. */
  #join(entry: Entry, source: Source, nowMs: number): void {
    const { sources, event } = entry;
    if (source.isRecovering) entry.isRecovering = true;
    if (sources.includes(source)) this.#options.ledger.counts(source.relay, Math.floor(nowMs / hourMs)).repeats++;
    else sources.push(source);
    heard(source, event.created_at, nowMs);
  }

  /** Lets a new event wait for the next batch. */
  #enter(
    event: NostrEvent,
    { fingerprint, text, source }: Pick<Entry, 'fingerprint' | 'text'> & { source: Source },
  ): void {
    const bytes = eventBytes + 2 * event.content.length + tagBytes * event.tags.length;
    const { isRecovering } = source;
    const entry: Entry = { event, fingerprint, sources: [source], isRecovering, bytes, text };
    const key = toKey(fingerprint);
    if (!this.#entryByKey.has(key)) this.#entryByKey.set(key, entry);
    if (text) this.#entryByText.set(toKey(text.fingerprint), entry);
    this.#buffered++;
    this.#bytes += bytes;
    this.#waiting.push(entry);
    if (this.#waiting.length >= this.#options.limits.flushEvents) this.#options.ready();
  }

  #owe(fingerprint: Fingerprint, first: string): void {
    if (this.#firstByKey.size < this.#options.limits.bufferEventsMax) this.#firstByKey.set(toKey(fingerprint), first);
  }

  #redeem(fingerprint: Fingerprint, { url }: Source): boolean {
    const key = toKey(fingerprint);
    return this.#firstByKey.get(key) === url && this.#firstByKey.delete(key);
  }

  #notePair({ source, id, createdAt, fingerprint, pair, nowMs, isNovel }: NewPair): void {
    const { ledger } = this.#options;
    const { relay } = source;
    this.#pairs.add(pair);
    ledger.pair(relay, fingerprint, createdAt);
    const counts = ledger.counts(relay, Math.floor(nowMs / hourMs));
    counts.events++;
    if (isNovel) counts.novel++;
    if (id?.startsWith(samplePrefix)) ledger.sighting({ id, relay, firstSeenMs: nowMs, isNovel });
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
  /** Undefined only where it is none of the sample. */
  readonly id: string | undefined;
  readonly createdAt: number;
  readonly fingerprint: Fingerprint;
  readonly pair: Fingerprint;
  readonly nowMs: number;
  readonly isNovel: boolean;
}

/** What a relay dates ahead of the time must not hide what it sends later. */
function heard(source: Source, createdAt: number, nowMs: number): void {
  const second = Math.min(createdAt, Math.floor(nowMs / 1000));
  if (second > source.newest) source.newest = second;
}
