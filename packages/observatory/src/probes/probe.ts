import type { Socket } from 'node:net';
import {
  getReasonPrefix,
  InvalidError,
  parseRelayInformation,
  type UnsignedEvent,
  type VerifiedEvent,
} from '@nostrata/protocol';
import type { Phase } from '../histogram.ts';
import { type Conversation, openConversation } from './conversation.ts';
import { type DialOptions, dial, PhaseError, resolveRelay, withDeadline } from './dial.ts';
import { fetchInformation } from './information.ts';
import { failureCharactersMax, type ProbeLimits } from './limits.ts';

/** What one probe found. */
export interface ProbeResult {
  readonly ok: boolean;
  /** Why not, in a few words that begin with the phase; null where it is ok. */
  readonly failure: string | null;
  /** Milliseconds of the phases that came to their end. */
  readonly ms: ReadonlyMap<Phase, number>;
  /** The information document (NIP-11); undefined where there was none that is an object. */
  readonly information: unknown;
  /** The relay answers, but only those it knows: it is not measured how fast it refuses. */
  readonly isRestricted: boolean;
  /** What became of the event that was written; null where none was. */
  readonly write: 'kept' | 'refused' | 'lost' | null;
}

/** Writes an event to try a relay. */
export interface WriteTrial {
  sign(event: Omit<UnsignedEvent, 'pubkey'>): Promise<VerifiedEvent>;
}

/** What a probe needs. */
export interface ProbeParts extends Omit<DialOptions, 'dnsMs' | 'phaseMs'> {
  readonly limits: ProbeLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
  /** Whether the information document is asked for too; so it is unless told. */
  readonly withInformation?: boolean | undefined;
  /** Unless given, nothing is written. */
  readonly write?: WriteTrial | undefined;
}

interface Findings {
  readonly ms: Map<Phase, number>;
  information: unknown;
  isRestricted: boolean;
  write: ProbeResult['write'];
}

/**
 * Measures a relay over sockets of its own, phase by phase, each with its own deadline; never throws. A relay is ok when
 * its WebSocket opens and it answers a REQ, be it with a refusal; a write that is accepted must also be found again.
 */
export async function probeRelay(url: string, parts: ProbeParts): Promise<ProbeResult> {
  const findings: Findings = { ms: new Map(), information: undefined, isRestricted: false, write: null };
  let failure: string | null = null;
  try {
    await measure(url, parts, findings);
  } catch (error) {
    failure = (error instanceof Error ? error.message : String(error)).slice(0, failureCharactersMax);
  }
  return { ...findings, ok: failure === null, failure };
}

async function measure(url: string, parts: ProbeParts, findings: Findings): Promise<void> {
  const { ms } = findings;
  const options = { ...parts, dnsMs: parts.limits.dnsMs, phaseMs: parts.limits.phaseMs };
  const { target, dnsMs } = await resolveRelay(url, options);
  if (dnsMs !== undefined) ms.set('dns', dnsMs);
  const socket = await dial(target, options, (phase, took) => ms.set(phase, took));
  try {
    const begin = parts.monotonicMs();
    const conversation = await open(url, socket, parts);
    ms.set('open', (ms.get('tcp') ?? 0) + (ms.get('tls') ?? 0) + parts.monotonicMs() - begin);
    try {
      await read(conversation, parts, findings);
      if (parts.write !== undefined && !findings.isRestricted) await write(conversation, parts, findings);
    } finally {
      conversation.end();
    }
  } finally {
    socket.destroy();
    // A relay that fails may still say what it is, and a document alone makes no relay.
    if (parts.withInformation !== false) await readInformation(url, { target, options }, findings);
  }
}

async function open(url: string, socket: Socket, { clock, limits }: ProbeParts): Promise<Conversation> {
  const work = (): Promise<Conversation> => openConversation(url, socket, limits);
  return await withDeadline('open', { clock, ms: limits.phaseMs }, work);
}

async function readInformation(
  url: string,
  {
    target,
    options,
  }: { readonly target: Parameters<typeof fetchInformation>[1]; readonly options: DialOptions & ProbeParts },
  findings: Findings,
): Promise<void> {
  try {
    const bytesMax = options.limits.informationBytesMax;
    const { information, ms } = await fetchInformation(url, target, { ...options, bytesMax });
    parseRelayInformation(information);
    findings.information = information;
    findings.ms.set('information', ms);
  } catch (error) {
    // Many relays have no document: nothing is known then, and the relay is as good as without.
    if (!(error instanceof PhaseError || error instanceof InvalidError)) throw error;
  }
}

/** REQ to the first EVENT or EOSE, and to EOSE. A refusal is an answer, but how fast it came says nothing. */
async function read(conversation: Conversation, parts: ProbeParts, findings: Findings): Promise<void> {
  const { clock, limits, monotonicMs } = parts;
  const subId = toSubId(parts.random());
  const begin = monotonicMs();
  let asksForProof = false;
  const next = async (): Promise<'event' | 'eose' | 'closed'> => {
    for (;;) {
      const message = await conversation.next();
      if (message.type === 'AUTH') asksForProof = true;
      if (message.type === 'EVENT' && message.subId === subId) return 'event';
      if (message.type === 'EOSE' && message.subId === subId) return 'eose';
      if (message.type === 'CLOSED' && message.subId === subId) return 'closed';
    }
  };
  conversation.send(['REQ', subId, { kinds: [1], limit: 1 }]);
  try {
    let answer = await withDeadline('read', { clock, ms: limits.phaseMs }, next);
    if (answer !== 'closed') findings.ms.set('read', monotonicMs() - begin);
    while (answer === 'event') answer = await withDeadline('eose', { clock, ms: limits.phaseMs }, next);
    if (answer === 'closed') findings.isRestricted = true;
    else findings.ms.set('eose', monotonicMs() - begin);
    if (answer === 'eose') conversation.send(['CLOSE', subId]);
  } catch (error) {
    // A relay that asks who we are and then says nothing waits for our proof.
    if (!asksForProof || findings.ms.has('read')) throw error;
    findings.isRestricted = true;
  }
}

/** One event of ours at most stays at a relay, for each new one takes the place of the last, and all of them expire. */
const writtenKind = 30_078;

/** EVENT to OK, and then whether the event is there. */
async function write(conversation: Conversation, parts: ProbeParts, findings: Findings): Promise<void> {
  const { clock, limits, monotonicMs } = parts;
  const created_at = Math.floor(parts.now() / 1000);
  const event = await parts.write?.sign({
    kind: writtenKind,
    created_at,
    tags: [
      ['d', 'nostrata-probe'],
      ['expiration', String(created_at + limits.writtenSeconds)],
    ],
    content: toSubId(parts.random()),
  });
  if (event === undefined) return;
  const begin = monotonicMs();
  conversation.send(['EVENT', event]);
  const { accepted, reason } = await withDeadline('write', { clock, ms: limits.phaseMs }, async () => {
    for (;;) {
      const message = await conversation.next();
      if (message.type === 'OK' && message.eventId === event.id) return message;
    }
  });
  if (!accepted) {
    findings.write = 'refused';
    if (getReasonPrefix(reason) === 'error') throw new PhaseError(`write: ${reason}`);
    return;
  }
  findings.ms.set('write', monotonicMs() - begin);
  const isThere = await withDeadline('write', { clock, ms: limits.phaseMs }, () => isFound(conversation, event, parts));
  findings.write = isThere ? 'kept' : 'lost';
  if (!isThere) throw new PhaseError('write: accepted, but not there to be read');
}

async function isFound(conversation: Conversation, { id }: VerifiedEvent, { random }: ProbeParts): Promise<boolean> {
  const subId = toSubId(random());
  conversation.send(['REQ', subId, { ids: [id] }]);
  for (;;) {
    const message = await conversation.next();
    if (message.type === 'EVENT' && message.subId === subId && message.event.id === id) return true;
    if ((message.type === 'EOSE' || message.type === 'CLOSED') && message.subId === subId) return false;
  }
}

function toSubId(random: number): string {
  return Math.floor(random * 2 ** 48).toString(36);
}
