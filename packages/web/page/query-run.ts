import { type Filter, type NostrEvent, normalizeRelayUrl, parseFilter } from '@nostrata/protocol';
import { useEffect, useState } from 'preact/hooks';
import { subscribe } from './relay-subscription.ts';
import { useSurroundings } from './surroundings.ts';

/** Events of one question at most. */
const resultsMax = 500;

/** What a text means as filters, or what is wrong with it. */
export type ParsedQuery = { readonly filters: readonly Filter[] } | { readonly fault: string };

/** Reads one filter or a list of them. A filter without a limit gets one. */
export function parseQuery(text: string): ParsedQuery {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { fault: `This is not JSON yet: ${error instanceof Error ? error.message : 'something is missing'}.` };
  }
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (parts.length === 0) return { fault: 'The list is empty: write at least one filter.' };
  if (parts.length > 10) return { fault: 'Ten filters at most in one question.' };
  try {
    const filters = parts.map(parseFilter);
    return { filters: filters.map((filter) => ({ ...filter, limit: Math.min(filter.limit ?? 100, resultsMax) })) };
  } catch (error) {
    return { fault: `This is no filter: ${error instanceof Error ? error.message : String(error)}.` };
  }
}

/** The address of a relay as it is spelled, or what is wrong with it; empty means the page's own. */
export function parseRelay(text: string): { readonly url: string | undefined } | { readonly fault: string } {
  if (text.trim() === '') return { url: undefined };
  const url = normalizeRelayUrl(/^[a-z]+:\/\//i.test(text.trim()) ? text : `wss://${text.trim()}`);
  return url === null ? { fault: 'A relay is named by its address, such as wss://relay.example.com.' } : { url };
}

/** A question that was asked: what came, and how it ended. */
export interface QueryRun {
  readonly state: 'idle' | 'asking' | 'done' | 'failed';
  readonly events: readonly NostrEvent[];
  readonly reason: string;
  readonly tookMs: number | undefined;
  /** Events whose id or signature was wrong: they are not shown. */
  readonly forged: number;
}

const nothing: QueryRun = { state: 'idle', events: [], reason: '', tookMs: undefined, forged: 0 };

/** What is asked, and where; a new object asks anew. */
export interface Question {
  readonly filters: readonly Filter[];
  /** Undefined: the page's own relay, which has checked what it stores. */
  readonly url: string | undefined;
}

/** Asks, and follows the answer. What comes from another relay is checked here before it is shown. */
export function useQueryRun(question: Question | undefined): QueryRun {
  const { openSocket, ownRelay, now } = useSurroundings();
  const [run, setRun] = useState<QueryRun>(nothing);
  useEffect(() => {
    if (!question) return setRun(nothing);
    const began = now();
    const gathered: NostrEvent[] = [];
    let isLeft = false;
    let storedMs: number | undefined;
    const finish = async (reason: string): Promise<void> => {
      const { good, forged } = question.url === undefined ? { good: gathered, forged: 0 } : await keepGenuine(gathered);
      if (isLeft) return;
      const events = [...new Map(good.map((event) => [event.id, event])).values()].sort(
        (a, b) => b.created_at - a.created_at,
      );
      setRun({ state: reason === '' ? 'done' : 'failed', events, reason, tookMs: storedMs, forged });
    };
    setRun({ ...nothing, state: 'asking' });
    const close = subscribe({
      ...{ url: question.url ?? ownRelay, filters: question.filters, storedOnly: true, openSocket },
      onEvent: (event) => {
        if (gathered.length < resultsMax) gathered.push(event);
      },
      onStored: () => {
        storedMs = now() - began;
      },
      onEnd: (reason) => void finish(reason),
    });
    return () => {
      isLeft = true;
      close();
    };
  }, [question, openSocket, ownRelay, now]);
  return run;
}

async function keepGenuine(events: readonly NostrEvent[]): Promise<{ good: NostrEvent[]; forged: number }> {
  // Loaded when first needed: the curve's code is larger than the rest of the page.
  const { verifyEvent } = await import('./verify.ts');
  const good = events.filter((event) => verifyEvent(event) !== null);
  return { good, forged: events.length - good.length };
}
