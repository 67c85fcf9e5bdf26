import type { Filter } from '@nostrata/protocol';
import type { ReadOptions } from '@nostrata/store';
import { canMatchRestricted, createVisibility } from './access.ts';

/** A read of the store, one page at a time. */
export interface Pages {
  /** Asks for the next page; the read begins with the first. */
  next(): void;
  /** Ends the read. A page that is being read ends first; nobody waits for it. */
  end(): void;
}

/** What pages are read with. */
export interface PagesOptions<Page> {
  readonly open: () => AsyncIterable<Page>;
  readonly onPage: (page: IteratorResult<Page>) => void;
  readonly onError: (error: unknown) => void;
}

/** Creates a read that has not begun. */
export function createPages<Page>({ open, onPage, onError }: PagesOptions<Page>): Pages {
  let iterator: AsyncIterator<Page> | undefined;
  return {
    next() {
      try {
        iterator ??= open()[Symbol.asyncIterator]();
        iterator.next().then(onPage, onError);
      } catch (error) {
        // A store that is stopped says so at once.
        onError(error);
      }
    },
    end() {
      iterator?.return?.().then(undefined, onError);
    },
  };
}

/** What the store is told of a reader with these pubkeys; nothing where the filters can match no restricted kind. */
export function toReadOptions(filters: readonly Filter[], authenticated: ReadonlySet<string>): ReadOptions | undefined {
  return canMatchRestricted(filters) ? { visibility: createVisibility(authenticated) } : undefined;
}
