import { createHash } from 'node:crypto';
import type { Queryable } from '@nostrata/database';
import type { NameDomains } from './contract.ts';
import type { CoverReads } from './cover.ts';
import { isAddressLocal } from './grammar.ts';
import { answerStaleMs, answersMax, answerTtlMs } from './limits.ts';
import { isServed, phaseAt, timelineOf } from './phases.ts';
import { type NameRow, readCurrent } from './rows.ts';
import type { NameSettings } from './settings.ts';

/** What `nostr.json` says of one name. */
export interface NostrJson {
  readonly body: string;
  readonly etag: string;
  /** Undefined where nobody has the name now. */
  readonly found: { readonly pubkey: string; readonly relays: readonly string[] } | undefined;
}

/** Answers of `nostr.json`. */
export interface NameAnswers {
  /** @param host as the client used it, with or without a port */
  find(host: string, local: string): Promise<NostrJson>;
  /** Forgets what was kept of an address, and keeps nothing of it until the change behind it is surely committed. */
  forget(name: { readonly host: string; readonly local: string }): void;
}

/** What they are made of. */
export interface AnswerParts {
  readonly database: Queryable;
  readonly clock: { now(): number };
  readonly settings: NameSettings;
  readonly domains: NameDomains;
  readonly cover: CoverReads;
}

interface Kept {
  readonly answer: Promise<NostrJson>;
  /** Up to when it is given without asking. */
  untilMs: number;
  /** Up to when it is given where the database cannot be asked; what ends by itself before that is not. */
  lastMs: number;
}

/** Changes are told from within their transactions; longer than this none is open. */
const commitMs = 10_000;

/** Creates the answers, kept in this process for a short time; the least recently asked for go first. */
export function createNameAnswers(parts: AnswerParts): NameAnswers {
  const { clock } = parts;
  const kept = new Map<string, Kept>();
  const changing = new Map<string, number>();
  const keep = (key: string, host: string, local: string): Promise<NostrJson> => {
    const nowMs = clock.now();
    const before = kept.get(key);
    const entry: Kept = {
      answer: load(parts, host, local).then(({ answer, endMs }) => {
        entry.untilMs = Math.min(entry.untilMs, endMs);
        entry.lastMs = Math.min(entry.lastMs, endMs);
        return answer;
      }),
      untilMs: nowMs + answerTtlMs,
      lastMs: nowMs + answerStaleMs,
    };
    kept.delete(key);
    kept.set(key, entry);
    // What could not be read is asked for again, and the last good answer stands in.
    const answer = entry.answer.catch((error: unknown) => {
      if (kept.get(key) === entry) kept.delete(key);
      if (before === undefined || before.lastMs <= clock.now()) throw error;
      if (!kept.has(key)) kept.set(key, before);
      return before.answer;
    });
    for (const oldest of kept.keys()) {
      if (kept.size <= answersMax) break;
      kept.delete(oldest);
    }
    return answer;
  };
  return {
    async find(hostAndPort, local) {
      const host = hostOf(parts.settings, hostAndPort);
      if (!isAddressLocal(local) || host.length > 253) return noName;
      const key = `${local}@${host}`;
      const nowMs = clock.now();
      const entry = kept.get(key);
      if (entry && entry.untilMs > nowMs) {
        kept.delete(key);
        kept.set(key, entry);
        return await entry.answer;
      }
      if ((changing.get(key) ?? 0) > nowMs) return (await load(parts, host, local)).answer;
      return await keep(key, host, local);
    },
    forget({ host, local }) {
      const key = `${local}@${host}`;
      const nowMs = clock.now();
      kept.delete(key);
      changing.delete(key);
      changing.set(key, nowMs + commitMs);
      for (const [oldest, untilMs] of changing) {
        if (untilMs > nowMs && changing.size <= answersMax) break;
        changing.delete(oldest);
      }
    },
  };
}

/** The host that names stand on: as configured, else without the port. */
function hostOf({ hosts }: NameSettings, hostAndPort: string): string {
  return hosts.includes(hostAndPort) ? hostAndPort : hostAndPort.replace(/:\d+$/, '').replace(/\.$/, '');
}

async function load(
  parts: AnswerParts,
  host: string,
  local: string,
): Promise<{ readonly answer: NostrJson; readonly endMs: number }> {
  const row = await readCurrent(parts.database, host, local);
  if (row === undefined || row.pubkey === '' || !(await isOnItsHost(parts, row))) {
    return { answer: noName, endMs: Infinity };
  }
  const timeline = timelineOf(row, await parts.cover.coverOf(row), parts.settings.periods);
  const phase = phaseAt(timeline, parts.clock.now());
  if (!isServed(phase)) return { answer: noName, endMs: Infinity };
  return { answer: toNostrJson(row), endMs: timeline.graceUntilMs };
}

/** On a domain of a user only the names of that user are served, as long as the domain is proven. */
async function isOnItsHost({ settings, domains }: AnswerParts, { host, userId }: NameRow): Promise<boolean> {
  return settings.hosts.includes(host) || (await domains.ownerOf(host)) === userId;
}

function toNostrJson({ local, pubkey, relays }: NameRow): NostrJson {
  // Written by hand: `__proto__` as the key of an object literal would be no key at all.
  const names = `{${JSON.stringify(local)}:${JSON.stringify(pubkey)}}`;
  const listed = relays.length === 0 ? '' : `,"relays":{${JSON.stringify(pubkey)}:${JSON.stringify(relays)}}`;
  return { ...withTag(`{"names":${names}${listed}}`), found: { pubkey, relays } };
}

function withTag(body: string): Pick<NostrJson, 'body' | 'etag'> {
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
}

const noName: NostrJson = { ...withTag('{"names":{}}'), found: undefined };
