import { createPool, type Deliver, type LiveSubscription, type Plan, type RelayPool } from '@nostrata/network';
import {
  type Filter,
  getPublicKey,
  getTagValue,
  InvalidError,
  type NostrEvent,
  parseEvent,
  signEvent,
  verifyEvent,
} from '@nostrata/protocol';
import { z } from 'zod';
import type { Clock, RandomBytes } from '../contract.ts';
import { ProviderError } from '../payments/provider.ts';
import { parseJson, readShape } from './http.ts';
import { limits } from './limits.ts';
import { createWalletCipher, parseWalletInfo, type WalletInfo, type WalletScheme } from './nwc-cipher.ts';
import type { NwcSettings } from './settings.ts';

/** What a wallet service replied: a result of any shape, or the code of an error. */
export type WalletReply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly code: string };

/** A connection to a wallet service (NIP-47). */
export interface WalletClient {
  /** What the service can do, as it says itself. @throws ProviderError */
  loadInfo(): Promise<WalletInfo>;
  /** Sends one request and waits for its reply. @throws ProviderError */
  request(method: string, params: Readonly<Record<string, unknown>>): Promise<WalletReply>;
  /** Hears notifications, any shape, until it is closed. */
  watch(onNotification: (content: unknown) => void): { stop(): Promise<void> };
  stop(): Promise<void>;
}

/** What it needs. */
export interface WalletClientParts {
  readonly settings: NwcSettings;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

interface Talk extends WalletClientParts {
  readonly pool: RelayPool;
  readonly pubkey: string;
  readonly cipher: ReturnType<typeof createWalletCipher>;
  /** Who waits for the reply to a request, by its id. */
  readonly waiting: Map<string, (event: NostrEvent) => void>;
  readonly listeners: Set<(event: NostrEvent) => void>;
  newestInfo: NostrEvent | undefined;
  info: { readonly value: WalletInfo; readonly atMs: number } | undefined;
}

/** Event kinds of NIP-47. */
const walletKinds = { info: 13_194, request: 23_194, reply: 23_195, notification04: 23_196, notification44: 23_197 };

/** Creates it; nothing is connected until something is asked. The operator chose the relays: private ones are fine. */
export function createWalletClient(parts: WalletClientParts): WalletClient {
  const { settings, clock, random } = parts;
  const pubkey = getPublicKey(settings.secret);
  const talk: Talk = {
    ...parts,
    pubkey,
    cipher: createWalletCipher(settings, random),
    waiting: new Map(),
    listeners: new Set(),
    newestInfo: undefined,
    info: undefined,
    pool: createPool({
      deliver: (event) => deliver(talk, event),
      clock,
      random: () => new DataView(Uint8Array.from(random(4)).buffer).getUint32(0) / 2 ** 32,
      allowLocal: true,
      fetchInformation: null,
      // Relays of wallets let in only the two who talk over them.
      authenticate: async (relay, challenge) => {
        const tags = [
          ['relay', relay],
          ['challenge', challenge],
        ];
        return signEvent({ kind: 22_242, created_at: secondsOf(clock), tags, content: '' }, settings.secret);
      },
    }),
  };
  return {
    loadInfo: () => loadInfo(talk),
    request: (method, params) => request(talk, method, params),
    watch: (onNotification) => watch(talk, onNotification),
    stop: () => talk.pool.stop(),
  };
}

function secondsOf(clock: Clock): number {
  return Math.floor(clock.now() / 1_000);
}

function planOf({ settings }: Talk, filter: Filter): Plan {
  return new Map(settings.relays.map((relay) => [relay, [filter]]));
}

/** Takes what relays send: only what the wallet service signed counts. */
async function deliver(talk: Talk, value: unknown): ReturnType<Deliver> {
  const event = parseSigned(value);
  if (!event) return 'forged';
  if (event.pubkey !== talk.settings.walletPubkey) return 'gone';
  const { kind } = event;
  if (kind === walletKinds.info && event.created_at > (talk.newestInfo?.created_at ?? -1)) talk.newestInfo = event;
  if (kind === walletKinds.reply) talk.waiting.get(getTagValue(event, 'e') ?? '')?.(event);
  if (kind === walletKinds.notification04 || kind === walletKinds.notification44) {
    for (const listener of talk.listeners) listener(event);
  }
  return 'kept';
}

function parseSigned(value: unknown): NostrEvent | null {
  try {
    return verifyEvent(parseEvent(value));
  } catch (error) {
    if (error instanceof InvalidError) return null;
    throw error;
  }
}

async function loadInfo(talk: Talk): Promise<WalletInfo> {
  const { clock, pool, settings, info } = talk;
  if (info && clock.now() - info.atMs < limits.walletInfoFreshMs) return info.value;
  const filter = { kinds: [walletKinds.info], authors: [settings.walletPubkey], limit: 1 };
  const answers = await pool.load(planOf(talk, filter), { deadlineMs: limits.callMs, graceMs: limits.walletGraceMs });
  if (talk.newestInfo === undefined) {
    const wasAnswered = answers.some(({ end }) => end === 'eose');
    const message = wasAnswered ? 'no relay of the wallet has its info event' : 'no relay of the wallet answers';
    throw new ProviderError('away', `nwc: ${message}`);
  }
  const value = parseWalletInfo(talk.newestInfo);
  talk.info = { value, atMs: clock.now() };
  return value;
}

async function request(talk: Talk, method: string, params: Readonly<Record<string, unknown>>): Promise<WalletReply> {
  const { methods, scheme } = await loadInfo(talk);
  if (scheme === undefined)
    throw new ProviderError('refused', 'nwc: the wallet knows no encryption that is known here');
  if (!methods.has(method)) throw new ProviderError('refused', `nwc: the connection does not allow ${method}`);
  const event = sign(talk, scheme, JSON.stringify({ method, params }));
  const reply = await exchange(talk, event);
  const parsed = readReply(talk, { scheme, method }, reply);
  // It may have been changed since its info event was read.
  if (!parsed.ok && parsed.code === 'UNSUPPORTED_ENCRYPTION') talk.info = undefined;
  return parsed;
}

function sign({ settings, clock, cipher }: Talk, scheme: WalletScheme, text: string): NostrEvent {
  const seconds = secondsOf(clock);
  const tags = [
    ['p', settings.walletPubkey],
    // A wallet that comes back later leaves alone what nobody waits for any more.
    ['expiration', String(seconds + limits.requestSeconds)],
    ...(scheme === 'nip44_v2' ? [['encryption', scheme]] : []),
  ];
  const content = cipher.encrypt(scheme, text);
  return signEvent({ kind: walletKinds.request, created_at: seconds, tags, content }, settings.secret);
}

/** Subscribes to the reply first, as relays keep none of it, then sends the request everywhere. */
async function exchange(talk: Talk, event: NostrEvent): Promise<NostrEvent> {
  const { pool, clock, settings, pubkey, waiting } = talk;
  const deadline = new AbortController();
  const cancel = clock.after(limits.callMs, () => deadline.abort());
  const filter = { kinds: [walletKinds.reply], authors: [settings.walletPubkey], tags: { p: [pubkey], e: [event.id] } };
  let live: LiveSubscription | undefined;
  try {
    const replied = new Promise<NostrEvent>((resolve, reject) => {
      waiting.set(event.id, resolve);
      deadline.signal.addEventListener('abort', () => reject(silence()));
    });
    // It is awaited below; a deadline that passes before that is no failure of its own.
    replied.catch(() => undefined);
    live = pool.subscribe(planOf(talk, filter), { deadlineMs: limits.callMs, graceMs: limits.walletGraceMs });
    const answers = await live.loaded;
    if (!answers.some(({ end }) => end === 'eose'))
      throw new ProviderError('away', 'nwc: no relay of the wallet answers');
    await sendAnywhere(talk, event, deadline.signal);
    return await replied;
  } finally {
    cancel();
    waiting.delete(event.id);
    live?.close();
  }
}

function silence(): ProviderError {
  return new ProviderError('away', `nwc: the wallet did not reply within ${limits.callMs} ms`);
}

/** Sends to all relays and is content when one took it, or said nothing about it. */
async function sendAnywhere({ pool, settings }: Talk, event: NostrEvent, signal: AbortSignal): Promise<void> {
  const sending = settings.relays.map(async (relay) => {
    const sent = await pool.send(event, relay, { signal, deadlineMs: limits.callMs });
    if (sent.type === 'ok' ? !sent.accepted : sent.type !== 'timeout') throw new Error('not taken');
  });
  try {
    await Promise.any(sending);
  } catch (error) {
    if (signal.aborted) throw silence();
    throw new ProviderError('away', 'nwc: no relay of the wallet took the request', { cause: error });
  }
}

const replyShape = z.object({
  result_type: z.string().max(100).nullish(),
  error: z.object({ code: z.string().max(1_000).catch('OTHER') }).nullish(),
  result: z.unknown().optional(),
});

function readReply(
  { cipher }: Talk,
  { scheme, method }: { readonly scheme: WalletScheme; readonly method: string },
  event: NostrEvent,
): WalletReply {
  const reply = readShape('nwc', parseJson(decryptOrNothing(cipher, scheme, event.content)), replyShape);
  if (reply.error) {
    const { code } = reply.error;
    return { ok: false, code: /^[A-Z_]{1,40}$/.test(code) ? code : 'OTHER' };
  }
  if (reply.result_type !== method) throw new ProviderError('malformed', 'nwc: the wallet replied to something else');
  return { ok: true, result: reply.result };
}

/** Empty where it is not meant for us, which is no JSON either. */
function decryptOrNothing(cipher: Talk['cipher'], scheme: WalletScheme, content: string): string {
  try {
    return cipher.decrypt(scheme, content);
  } catch (error) {
    if (error instanceof InvalidError) return '';
    throw error;
  }
}

function watch(talk: Talk, onNotification: (content: unknown) => void): { stop(): Promise<void> } {
  const { pool, settings, pubkey, clock, listeners, cipher } = talk;
  const listener = ({ kind, content }: NostrEvent): void => {
    const scheme = kind === walletKinds.notification44 ? 'nip44_v2' : 'nip04';
    onNotification(parseJson(decryptOrNothing(cipher, scheme, content)));
  };
  listeners.add(listener);
  const live = pool.subscribe(
    planOf(talk, {
      kinds: [walletKinds.notification04, walletKinds.notification44],
      authors: [settings.walletPubkey],
      tags: { p: [pubkey] },
      since: secondsOf(clock) - limits.notificationOverlapSeconds,
    }),
  );
  return {
    async stop() {
      listeners.delete(listener);
      live.close();
    },
  };
}
