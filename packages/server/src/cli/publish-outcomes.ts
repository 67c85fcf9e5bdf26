import type { Publication, PublishTarget } from '@nostrata/core';
import { encodeNote } from '@nostrata/protocol';
import type { Invocation } from './invocation.ts';
import type { StatusLine } from './progress.ts';
import { formatCount, formatSeconds, print, say } from './terminal.ts';

/** What became of each event, told as soon as it is settled. */
export interface Outcomes {
  add(publication: Publication): void;
  /** A line that is no event, or one that cannot be published. */
  bad(line: number, problem: string): void;
  /** Resolves when nothing is under way, or with the signal. */
  settled(signal: AbortSignal): Promise<void>;
  /** Resolves when fewer are under way, or with the signal. */
  fewerThan(count: number, signal: AbortSignal): Promise<void>;
  /** Tells what is not settled, and the sums. */
  finish(): Promise<void>;
  /** Whether every event was taken by some relay; without waiting, whether every one may still be. */
  isGood(hasWaited: boolean): boolean;
}

interface Sums {
  events: number;
  /** Taken by one relay at least. */
  taken: number;
  /** Taken by none, and no relay is left to try. */
  failed: number;
  /** Taken by none so far. */
  waiting: number;
  /** Pairs of event and relay that are still to be sent. */
  unsent: number;
  bad: number;
}

/** Collects outcomes and prints them. */
export function createOutcomes(invocation: Invocation, line: StatusLine): Outcomes {
  const { terminal, json, host } = invocation;
  const sums: Sums = { events: 0, taken: 0, failed: 0, waiting: 0, unsent: 0, bad: 0 };
  const open = new Map<string, Publication>();
  let printing: Promise<void> = Promise.resolve();
  let wake = (): void => undefined;

  const tell = (publication: Publication): void => {
    count(sums, publication);
    const text = json ? toJson(publication) : toText(publication, host.now());
    line.clear();
    printing = printing.then(() => print(terminal, text));
  };
  const follow = async (first: Publication): Promise<void> => {
    for await (const now of first.changes()) {
      open.set(now.id, now);
      line.show(() => describeOpen(sums, open));
    }
    const last = await first.settled;
    open.delete(last.id);
    tell(last);
    wake();
  };
  const fewerThan = async (limit: number, signal: AbortSignal): Promise<void> => {
    while (open.size >= limit && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
    }
  };
  return {
    add: (publication) => {
      sums.events += 1;
      open.set(publication.id, publication);
      void follow(publication);
    },
    bad: (number, problem) => {
      sums.bad += 1;
      line.clear();
      say(terminal, `nostrata: line ${number}: ${problem}`);
    },
    fewerThan,
    settled: (signal) => fewerThan(1, signal),
    finish: async () => {
      for (const publication of open.values()) tell(publication);
      open.clear();
      await printing;
      if (json) await print(terminal, JSON.stringify(sums));
      else if (sums.unsent > 0)
        say(terminal, 'What is not sent yet is kept: nostrata publish --resume goes on with it.');
    },
    isGood: (hasWaited) => sums.bad === 0 && sums.failed === 0 && !(hasWaited && sums.waiting > 0),
  };
}

/** Says whether some relay is still to be tried. */
export function isUnsent({ targets }: Publication): boolean {
  return targets.some(({ state }) => unsentStates.has(state));
}

const unsentStates: ReadonlySet<string> = new Set(['pending', 'sending', 'retry']);

function count(sums: Sums, { targets, status }: Publication): void {
  const unsent = targets.filter(({ state }) => unsentStates.has(state)).length;
  sums.unsent += unsent;
  if (targets.some(({ state }) => state === 'delivered')) sums.taken += 1;
  else if (unsent > 0) sums.waiting += 1;
  else if (status !== 'superseded' && status !== 'cancelled') sums.failed += 1;
}

function describeOpen({ events }: Sums, open: ReadonlyMap<string, Publication>): string {
  const targets = [...open.values()].flatMap((publication) => publication.targets);
  const waiting = targets.filter(({ state }) => unsentStates.has(state));
  const where = [...new Set(waiting.map(({ relay }) => relay))].join(', ');
  return `publish  ${formatCount(events - open.size)} of ${formatCount(events)} events done  waiting for ${where}`;
}

function toJson({ id, event, status, targets }: Publication): string {
  const relays = targets.map(({ relay, state, attempts, reason }) => ({ relay, state, attempts, reason }));
  return JSON.stringify({ id, kind: event.kind, status, relays });
}

function toText({ id, event, status, targets }: Publication, nowMs: number): string {
  const head = `${encodeNote(id)} (kind ${event.kind}): ${status}`;
  if (targets.length === 0) return `${head}\n  no relay is known for it: name one with --relay URL; the store keeps it`;
  const width = Math.max(...targets.map(({ relay }) => relay.length));
  return [head, ...targets.map((target) => `  ${target.relay.padEnd(width)}  ${describe(target, nowMs)}`)].join('\n');
}

function describe({ state, reason = '', nextAtMs }: PublishTarget, nowMs: number): string {
  // What a relay says must not command the terminal.
  const said = reason.replace(/\p{Cc}/gu, ' ').slice(0, 200);
  const because = said === '' ? '' : `: ${said}`;
  switch (state) {
    case 'delivered':
      return `taken${because}`;
    case 'rejected':
      return `refused${because}`;
    case 'retry':
      return `not yet, next try in ${formatSeconds(Math.max(0, ((nextAtMs ?? nowMs) - nowMs) / 1000))}${because}`;
    case 'pending':
    case 'sending':
      return 'not yet';
    case 'superseded':
      return 'a newer version goes there';
    case 'cancelled':
      return 'taken back';
  }
}
