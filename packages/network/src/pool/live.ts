import type { Filter } from '@nostrata/protocol';
import type { LiveSubscription, LoadOptions, OnAnswer, Plan } from '../contract.ts';
import { type Member, type Request, type RequestServices, startRequest } from './request.ts';

/** Starts a subscription that stays; `closed` is called once when it ends. */
export function startLive(
  services: RequestServices,
  plan: Plan,
  options: LoadOptions & { readonly onAnswer?: OnAnswer | undefined; readonly closed: () => void },
): LiveSubscription {
  const { signal, closed, ...rest } = options;
  let requests: Request[] = [];
  let members: readonly Member[] = [];
  let isClosed = false;

  const start = (part: Plan, resume?: ReadonlyMap<Filter, number>): Request => {
    // Filters that only go on are not answered a second time.
    const isNew = resume === undefined;
    const request = startRequest(services, part, {
      ...rest,
      isLive: true,
      resume,
      ...(isNew ? {} : { onAnswer: undefined }),
    });
    requests.push(request);
    members = [...members, ...request.members];
    return request;
  };
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    signal?.removeEventListener('abort', close);
    for (const request of requests) request.abort('the subscription was closed');
    for (const { ask, waiter } of members) ask.leave(waiter, 'aborted');
    requests = [];
    members = [];
    closed();
  };
  /** Keeps, shortens or ends what one relay is asked now; returns the filters that it goes on with. */
  const keep = (member: Member, wanted: ReadonlySet<string>): ReadonlySet<string> => {
    const kept = member.filters.filter((filter) => wanted.has(filterKey(filter)));
    if (kept.length === member.filters.length) return new Set(kept.map(filterKey));
    const seconds = member.ask.resumeSeconds();
    members = members.filter((other) => other !== member);
    member.ask.leave(member.waiter, 'aborted', 'the subscription was changed');
    const going = kept.filter((filter) => seconds.has(filter));
    if (going.length > 0) start(new Map([[member.relay, going]]), seconds);
    return new Set(going.map(filterKey));
  };
  const update = (next: Plan): void => {
    if (isClosed) return;
    const goingByRelay = new Map<string, Set<string>>();
    for (const member of members) {
      const wanted = new Set((next.get(member.relay) ?? []).map(filterKey));
      const going = goingByRelay.get(member.relay) ?? new Set();
      for (const key of keep(member, wanted)) going.add(key);
      goingByRelay.set(member.relay, going);
    }
    const added = new Map<string, readonly Filter[]>();
    for (const [relay, filters] of next) {
      const fresh = filters.filter((filter) => goingByRelay.get(relay)?.has(filterKey(filter)) !== true);
      if (fresh.length > 0) added.set(relay, fresh);
    }
    requests = requests.filter((request) => request.members.some((member) => members.includes(member)));
    if (added.size > 0) start(added);
  };

  const { loaded } = start(plan);
  if (signal?.aborted === true) close();
  else signal?.addEventListener('abort', close);
  return { loaded, update, close };
}

function filterKey(filter: Filter): string {
  return JSON.stringify(filter);
}
