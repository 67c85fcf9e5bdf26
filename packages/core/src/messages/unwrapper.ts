import {
  getExpiration,
  getTagValues,
  InvalidError,
  isExpired,
  Kind,
  type NostrEvent,
  openGiftWrap,
  parseEvent,
} from '@nostrata/protocol';
import type { Change, EventStore } from '@nostrata/store';
import type { Signer } from '../contract.ts';
import { SignerError } from '../errors.ts';
import type { UnwrapReport } from './contract.ts';
import { requireEncryption } from './encryption.ts';
import { unwrapsAtOnce, wrapsWaitingMax } from './limits.ts';
import type { Sidecar } from './sidecar.ts';

/** What opening gift wraps needs. */
export interface UnwrapperOptions {
  readonly store: Pick<EventStore, 'query' | 'follow'>;
  readonly sidecar: Sidecar;
  readonly getSigner: () => Signer;
  readonly nowSeconds: () => number;
  /** Called with the rooms in which something changed. */
  readonly onChange: (rooms: readonly string[]) => void;
  readonly onFailed: (what: string, error: unknown) => void;
}

/** Opens gift wraps of the store, each once. */
export interface Unwrapper {
  /** Opens what is in the store and not opened yet, and from then on what enters it. */
  refresh(): Promise<UnwrapReport>;
  /** Opens nothing any more until the next `refresh`: its signer is going. */
  pause(): void;
  /** Waits for wraps that are being opened. Idempotent. */
  stop(): Promise<void>;
}

type Outcome = 'opened' | 'unreadable' | 'waiting';

/**
 * Makes the unwrapper. It forgets at once what leaves the store, but opens nothing before the first `refresh`: a signer
 * may ask its person each time.
 */
export function createUnwrapper(options: UnwrapperOptions): Unwrapper {
  const { store, sidecar, getSigner } = options;
  const arrived = new Map<string, NostrEvent>();
  let isOpening = false;
  let last: Promise<unknown> = Promise.resolve();
  let isStopped = false;

  /** One after the other, so that no wrap is opened twice. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = last.then(work);
    last = run.catch(() => undefined);
    return run;
  }

  async function openAll(wraps: readonly NostrEvent[], { signer, viewer }: Opener): Promise<Outcome[]> {
    const done = await sidecar.findDone(
      viewer,
      wraps.map(({ id }) => id),
    );
    const waiting = wraps.filter((wrap) => !done.has(wrap.id) && !isExpired(wrap, options.nowSeconds()));
    const outcomes: Outcome[] = [];
    const rooms = new Set<string>();
    while (waiting.length > 0 && !isStopped && getSigner() === signer && outcomes.at(-1) !== 'waiting') {
      const batch = waiting.splice(0, unwrapsAtOnce);
      outcomes.push(...(await Promise.all(batch.map((wrap) => openOne({ wrap, signer, viewer, rooms, options })))));
    }
    if (rooms.size > 0) options.onChange([...rooms]);
    return [...outcomes, ...waiting.map(() => 'waiting' as const)];
  }

  /** The same signer for all that is opened in one go: another one could read none of it, and that would be noted. */
  async function whoOpens(): Promise<Opener> {
    const signer = getSigner();
    return { signer, viewer: await signer.getPublicKey() };
  }

  async function openStored(): Promise<UnwrapReport> {
    const opener = await whoOpens();
    const { viewer } = opener;
    await sidecar.expire(options.nowSeconds());
    const outcomes: Outcome[] = [];
    for await (const page of store.query([{ kinds: [Kind.giftWrap], tags: { p: [viewer] } }])) {
      outcomes.push(
        ...(await openAll(
          page.map(({ json }) => parseEvent(JSON.parse(json))),
          opener,
        )),
      );
      if (isStopped) break;
    }
    const count = (wanted: Outcome): number => outcomes.filter((outcome) => outcome === wanted).length;
    return { opened: count('opened'), unreadable: count('unreadable'), waiting: count('waiting') };
  }

  async function openArrived(): Promise<void> {
    const wraps = [...arrived.values()];
    arrived.clear();
    if (wraps.length === 0 || isStopped || !isOpening) return;
    const opener = await whoOpens();
    await openAll(
      wraps.filter((wrap) => getTagValues(wrap, 'p').includes(opener.viewer)),
      opener,
    );
  }

  function take(changes: readonly Change[]): void {
    const gone: string[] = [];
    for (const change of changes) {
      if (change.type === 'stored' && change.event.kind === Kind.giftWrap) {
        // What finds no room is found by the next refresh.
        if (isOpening && arrived.size < wrapsWaitingMax) arrived.set(change.event.id, change.event);
      } else if (change.type === 'removed' && change.kind === Kind.giftWrap && change.reason !== 'retained') {
        arrived.delete(change.id);
        gone.push(change.id);
      }
    }
    const report = (error: unknown): void => options.onFailed('messages', error);
    if (gone.length > 0) inTurn(() => sidecar.remove(gone)).catch(report);
    if (arrived.size > 0) inTurn(openArrived).catch(report);
  }

  const endFollow = store.follow(take);
  return {
    refresh() {
      isOpening = true;
      return inTurn(openStored);
    },
    pause() {
      isOpening = false;
      arrived.clear();
    },
    async stop() {
      isStopped = true;
      endFollow();
      await last;
    },
  };
}

interface Opener {
  readonly signer: Signer;
  readonly viewer: string;
}

interface OpenOne extends Opener {
  readonly wrap: NostrEvent;
  /** The room of the message is added here. */
  readonly rooms: Set<string>;
  readonly options: UnwrapperOptions;
}

async function openOne({ wrap, signer, viewer, rooms, options }: OpenOne): Promise<Outcome> {
  const { sidecar, nowSeconds } = options;
  try {
    const rumor = await openGiftWrap(wrap, { signer: requireEncryption(signer) });
    const expiresAt = getExpiration(wrap);
    rooms.add(await sidecar.add({ wrapId: wrap.id, viewer, rumor, nowSeconds: nowSeconds(), expiresAt }));
    return 'opened';
  } catch (error) {
    const isInvalid = error instanceof InvalidError || (error instanceof SignerError && error.fault === 'invalid');
    if (!isInvalid && !(error instanceof SignerError)) throw error;
    const isRefused = error instanceof SignerError && error.fault === 'refused';
    // Remote signers refuse what they cannot decrypt with the same word as what the person did not allow.
    if (isInvalid || isRefused) await sidecar.addFailure(viewer, wrap.id, isInvalid);
    return isInvalid ? 'unreadable' : 'waiting';
  }
}
