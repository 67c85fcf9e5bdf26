import type { Filter } from '@nostrata/protocol';
import type { AnswerEnd, Clock, LoadOptions, OnAnswer, Plan, RelayAnswer } from '../contract.ts';
import type { Ask, Waiter } from '../requests/ask.ts';
import type { Link } from '../requests/link.ts';

/** What requests are made with. */
export interface RequestServices {
  readonly clock: Clock;
  readonly graceMs: number;
  readonly deadlineMs: number;
  /** The link of a relay, or why it may not be dialled. */
  openLink(relay: string): Link | { readonly refusal: string };
}

/** Options of one request. */
export interface RequestOptions extends LoadOptions {
  readonly onAnswer?: OnAnswer | undefined;
  readonly isLive: boolean;
  /** Where filters that were asked before go on, in seconds. */
  readonly resume?: ReadonlyMap<Filter, number> | undefined;
}

/** One relay of a request. */
export interface Member {
  readonly relay: string;
  readonly filters: readonly Filter[];
  readonly link: Link;
  readonly waiter: Waiter;
  readonly ask: Ask;
}

/** A request to several relays under way. */
export interface Request {
  /** All answers, once the EOSE rule has ended the request. */
  readonly loaded: Promise<readonly RelayAnswer[]>;
  /** The relays that were really asked. */
  readonly members: readonly Member[];
  /** Ends everything at once; live members leave too. */
  abort(reason: string): void;
}

/** Asks the relays of a plan and applies the EOSE rule: by grace or by all, and by the deadline. */
export function startRequest(services: RequestServices, plan: Plan, options: RequestOptions): Request {
  const { clock } = services;
  const { signal, isLive } = options;
  const answers: RelayAnswer[] = [];
  const members: Member[] = [];
  const open = new Map<Waiter, Member>();
  const cancels: (() => void)[] = [];
  let awaited = plan.size;
  let hasGrace = false;
  let resolve: (answers: readonly RelayAnswer[]) => void = () => undefined;
  const loaded = new Promise<readonly RelayAnswer[]>((settle) => {
    resolve = settle;
  });

  const take = (answer: RelayAnswer): void => {
    answers.push(answer);
    awaited--;
    options.onAnswer?.(answer);
    if (answer.end === 'eose' && options.settle !== 'all' && awaited > 0) startGrace();
    if (awaited === 0) finish();
  };
  const finish = (): void => {
    signal?.removeEventListener('abort', onAbort);
    for (const cancel of cancels) cancel();
    resolve(answers);
  };
  const startGrace = (): void => {
    if (hasGrace) return;
    hasGrace = true;
    cancels.push(clock.after(options.graceMs ?? services.graceMs, excuseSlow));
  };
  /** Relays that have said everything are not slow: only the door is, and the deadline bounds it. */
  const excuseSlow = (): void => {
    for (const { ask, waiter } of [...open.values()]) {
      if (!ask.isDraining) ask.excuse(waiter, 'timeout', 'another relay has answered');
    }
  };
  const excuseLate = (): void => {
    for (const { ask, waiter, link } of [...open.values()]) {
      const { end, reason } = link.lateness();
      ask.excuse(waiter, end, reason);
    }
  };
  const abort = (reason: string): void => {
    for (const { ask, waiter } of members) ask.leave(waiter, 'aborted', reason);
  };
  const onAbort = (): void => abort('the caller has aborted');
  const begin = (relay: string, filters: readonly Filter[]): void => {
    const link = services.openLink(relay);
    if ('refusal' in link) return take(emptyAnswer(relay, filters, link.refusal));
    let isAnswered = false;
    const waiter: Waiter = {
      isLive,
      answered(answer) {
        isAnswered = true;
        open.delete(waiter);
        take(answer);
      },
    };
    const ask = link.ask(filters, waiter, options.resume);
    const member = { relay, filters, link, waiter, ask };
    members.push(member);
    // The answer may have been there at once.
    if (!isAnswered) open.set(waiter, member);
  };

  if (plan.size === 0) resolve(answers);
  else if (signal?.aborted !== true) {
    cancels.push(clock.after(options.deadlineMs ?? services.deadlineMs, excuseLate));
    signal?.addEventListener('abort', onAbort);
    for (const [relay, filters] of plan) begin(relay, filters);
  } else {
    for (const [relay, filters] of plan)
      take({ ...emptyAnswer(relay, filters, 'the caller has aborted'), end: 'aborted' });
  }
  return { loaded, members, abort };
}

function emptyAnswer(relay: string, filters: readonly Filter[], reason: string): RelayAnswer {
  const answers = filters.map((filter) => ({ filter, events: 0, complete: false }));
  const end: AnswerEnd = 'refused';
  return { relay, end, reason, kept: 0, gone: 0, forged: 0, unasked: 0, filters: answers, endMs: 0 };
}
