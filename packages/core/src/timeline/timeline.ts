import type { Clock } from '@nostrata/network';
import { compileFilters, type Filter, idOfSerialized, Kind, type Matcher, type NostrEvent } from '@nostrata/protocol';
import type { Change, EventStore } from '@nostrata/store';
import { elapsed } from '../clock.ts';
import type { LoadOptions, Timeline, TimelineOptions } from '../contract.ts';
import type { FigureBook } from '../figures.ts';
import { createLatest, type Latest } from '../latest.ts';
import { emitEveryMs, olderRoundsMax, pageEvents } from '../limits.ts';
import type { LiveRange, RangeLoader, RangeOptions } from '../loading/range-loader.ts';
import { createListing, type Listing } from './listing.ts';
import type { DueProfiles, TimelineProfiles } from './profiles.ts';

/** What timelines are made of. */
export interface TimelineParts {
  readonly store: Pick<EventStore, 'query' | 'follow'>;
  readonly ranges: RangeLoader;
  readonly clock: Clock;
  readonly book: FigureBook;
  readonly profiles: TimelineProfiles;
  readonly isOnline: () => boolean;
  /** How long an answer is good for where the timeline is not live. */
  readonly freshForMs: number;
  readonly onFailed: (what: string, error: unknown) => void;
}

/** Opens a timeline: resolves with the store's answer in it; the network's comes as changes. */
export async function openTimeline(
  filters: readonly Filter[],
  options: TimelineOptions,
  parts: TimelineParts,
): Promise<Timeline> {
  options.signal?.throwIfAborted();
  const timeline = new StoreTimeline(filters, options, parts);
  await timeline.open();
  return timeline;
}

class StoreTimeline implements Timeline {
  readonly #filters: readonly Filter[];
  readonly #options: TimelineOptions;
  readonly #parts: TimelineParts;
  readonly #matches: Matcher;
  readonly #listing: Listing = createListing();
  readonly #held: Listing = createListing();
  readonly #latest: Latest<readonly NostrEvent[]> = createLatest();
  #state: Timeline['state'] = 'loading';
  #live: LiveRange | undefined;
  #stopFollowing: (() => void) | undefined;
  #cancelEmit: (() => void) | undefined;
  #network: Promise<void> = Promise.resolve();

  constructor(filters: readonly Filter[], options: TimelineOptions, parts: TimelineParts) {
    // Pages have limits of their own.
    this.#filters = filters.map(({ limit: _limit, ...filter }) => filter);
    this.#options = options;
    this.#parts = parts;
    this.#matches = compileFilters(this.#filters);
  }

  async open(): Promise<void> {
    const startedMs = elapsed();
    // Before the first page is read, so that nothing falls between the page and what follows.
    this.#stopFollowing = this.#parts.store.follow((changes) => this.#follow(changes));
    this.#listing.add(await this.#readPage(this.#pageSize));
    this.#parts.book.read(this.#listing.events.length > 0 ? 'hit' : 'missing', elapsed() - startedMs);
    this.#latest.emit(this.#listing.events);
    this.#options.signal?.addEventListener('abort', () => this.close(), { once: true });
    this.#network = this.#connect().catch((error: unknown) => this.#parts.onFailed('timeline', error));
  }

  get events(): readonly NostrEvent[] {
    return this.#listing.events;
  }

  get newCount(): number {
    return this.#held.events.length;
  }

  get state(): Timeline['state'] {
    return this.#state;
  }

  get loaded(): Promise<void> {
    return this.#network;
  }

  showNew(): void {
    const held = this.#held.events;
    for (const { id } of held) this.#held.remove(id);
    if (this.#listing.add(held)) this.#emitSoon();
  }

  async older(options: Parameters<Timeline['older']>[0] = {}): Promise<boolean> {
    if (this.#state === 'closed') return false;
    const policy = options.policy ?? this.#options.policy;
    const mayAsk = (): boolean => policy !== 'cache-only' && this.#parts.isOnline();
    // Where relays have nothing new in one page, the next one may have.
    for (let round = 0; round < olderRoundsMax; round += 1) {
      options.signal?.throwIfAborted();
      const before = this.#listing.events.length;
      const page = await this.#readBelow();
      const bottom = page.isFull ? (page.events.at(-1)?.created_at ?? 0) : 0;
      const asked = mayAsk() ? await this.#loadDownTo(bottom, options) : [];
      const found = asked.length > 0 ? await this.#readBelow() : page;
      this.#listing.add(found.events);
      if (this.#listing.events.length > before) {
        this.#emitSoon();
        return true;
      }
      if (asked.length === 0) return false;
    }
    return false;
  }

  changes(): AsyncIterable<readonly NostrEvent[]> {
    return this.#latest.read(this.#options.signal);
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#stopFollowing?.();
    this.#cancelEmit?.();
    this.#live?.close();
    this.#latest.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  get #pageSize(): number {
    return this.#options.pageSize ?? pageEvents;
  }

  async #connect(): Promise<void> {
    const { policy, live = true, freshForMs = this.#parts.freshForMs } = this.#options;
    const { ranges, isOnline } = this.#parts;
    if (policy === 'cache-only' || !isOnline()) {
      this.#setState('offline');
      return;
    }
    const filters = [...this.#filters, ...toDeletionFilters(this.#filters)];
    const due = await this.#listDueProfiles();
    const rangeOptions = { ...this.#rangeOptions(this.#options), whole: due.filters };
    if (!live) {
      const isForced = policy === 'network-first' || policy === 'network-only';
      const stale = { ...rangeOptions, freshForMs: isForced ? 0 : freshForMs };
      const { asked, answered, answers } = await ranges.loadNewest(filters, stale);
      await this.#parts.profiles.note(due.wanted, answers);
      this.#setState(asked.length > 0 && answered.length === 0 ? 'offline' : 'live');
      return;
    }
    const followed = await ranges.follow(filters, rangeOptions);
    if (this.#state === 'closed') {
      followed.close();
      return;
    }
    this.#live = followed;
    const { answered, answers } = await followed.loaded;
    await this.#parts.profiles.note(due.wanted, answers);
    this.#setState(answered.length > 0 ? 'live' : 'offline');
  }

  async #loadDownTo(second: number, options: LoadOptions): Promise<readonly string[]> {
    const { asked } = await this.#parts.ranges.loadDownTo(this.#filters, second, this.#rangeOptions(options));
    return asked;
  }

  /** The next page of the store below what is shown, with what relays have put between since. */
  async #readBelow(): Promise<{ readonly events: readonly NostrEvent[]; readonly isFull: boolean }> {
    const shown = this.#listing.events.length + this.#held.events.length;
    const isKnown = (id: string): boolean => this.#listing.has(id) || this.#held.has(id);
    const events = await this.#readPage(shown + this.#pageSize, isKnown);
    return { events, isFull: events.length >= this.#pageSize };
  }

  async #listDueProfiles(): Promise<DueProfiles> {
    if (this.#options.profiles === false) return { wanted: [], filters: [] };
    return await this.#parts.profiles.listDue(this.#filters.flatMap(({ authors = [] }) => authors));
  }

  #setState(state: Timeline['state']): void {
    if (this.#state === 'closed') return;
    this.#state = state;
    this.#emitSoon();
  }

  #rangeOptions({ deadlineMs, signal, relays }: TimelineOptions): RangeOptions {
    return { limit: this.#pageSize, hints: relays, deadlineMs, signal };
  }

  #follow(changes: readonly Change[]): void {
    let isChanged = false;
    const added: NostrEvent[] = [];
    for (const change of changes) {
      if (change.type === 'stored') {
        if (this.#matches(change.event)) added.push(change.event);
      } else if (this.#listing.remove(change.id) || this.#held.remove(change.id)) isChanged = true;
    }
    if (added.length > 0 && this.#take(added)) isChanged = true;
    if (isChanged) this.#emitSoon();
  }

  /** New ones go on top or are held; those below a full page come with `older`. */
  #take(added: readonly NostrEvent[]): boolean {
    const [top, bottom] = [this.#listing.events[0], this.#listing.events.at(-1)];
    const isFull = this.#listing.events.length >= this.#pageSize;
    const isHeld = (event: NostrEvent): boolean =>
      this.#options.hold === true &&
      this.#state !== 'loading' &&
      top !== undefined &&
      event.created_at >= top.created_at;
    const held = added.filter(isHeld);
    const shown = added.filter(
      (event) => !isHeld(event) && !(isFull && bottom !== undefined && event.created_at < bottom.created_at),
    );
    const isListed = this.#listing.add(shown);
    return this.#held.add(held) || isListed;
  }

  #emitSoon(): void {
    this.#cancelEmit ??= this.#parts.clock.after(emitEveryMs, () => {
      this.#cancelEmit = undefined;
      this.#latest.emit(this.#listing.events);
    });
  }

  /** The newest events of the store, without those that are known. */
  async #readPage(limit: number, isKnown: (id: string) => boolean = () => false): Promise<NostrEvent[]> {
    const { signal } = this.#options;
    const filters = this.#filters.map((filter) => ({ ...filter, limit }));
    const events: NostrEvent[] = [];
    let left = limit;
    for await (const page of this.#parts.store.query(filters, signal ? { signal } : {})) {
      for (const { json } of page) {
        if (left > 0 && !isKnown(idOfSerialized(json))) events.push(JSON.parse(json) as NostrEvent);
        left -= 1;
      }
    }
    return events;
  }
}

/**
 * What the authors of a timeline have deleted (NIP-09): a relay only stops sending a note, so that the store would show
 * for ever what it has.
 */
function toDeletionFilters(filters: readonly Filter[]): readonly Filter[] {
  const authors = filters.flatMap((filter) =>
    filter.kinds?.includes(Kind.deletionRequest) ? [] : (filter.authors ?? []),
  );
  return authors.length > 0 ? [{ kinds: [Kind.deletionRequest], authors: [...new Set(authors)] }] : [];
}
