import { isHex64, type NostrEvent, normalizeRelayUrl, parseAddress, type Tag } from '@nostrata/protocol';
import type { TrustScore } from '../contract.ts';
import { assertionValueCharactersMax, providersMax } from '../limits.ts';

/** What an assertion is about, each with a kind of its own (NIP-85). */
export type SubjectType = 'pubkey' | 'event' | 'address' | 'external';

/** The kinds of trusted assertions. */
export const assertionKinds = { pubkey: 30382, event: 30383, address: 30384, external: 30385 } as const;

/** The kind with which a user says whose assertions count. */
export const providersKind = 10040;

/** What a provider says of one subject. */
export interface Assertion {
  readonly type: SubjectType;
  /** A pubkey, an event id, an address, or an id of NIP-73. */
  readonly subject: string;
  /** By tag name: `rank` (0 to 100), `followers`, `post_cnt`, …; the first of each name. */
  readonly results: Readonly<Record<string, string>>;
  /** Kinds of an external id (`k` tags, NIP-73). */
  readonly externalKinds?: readonly string[] | undefined;
}

/** An event still to be signed. */
export interface AssertionDraft {
  readonly kind: number;
  readonly tags: readonly Tag[];
  readonly content: string;
}

/** A provider that a user trusts for one result. */
export interface TrustedProvider {
  readonly kind: number;
  /** The result's tag name: `rank`. */
  readonly tag: string;
  /** The service key whose assertions count. */
  readonly pubkey: string;
  readonly relay?: string | undefined;
}

const structural: ReadonlySet<string> = new Set(['d', 'p', 'e', 'a', 'k']);

/** Makes the event of an assertion, without key and time. */
export function toAssertionDraft({ type, subject, results, externalKinds = [] }: Assertion): AssertionDraft {
  const tags: Tag[] = [['d', subject], ...Object.entries(results)];
  if (type === 'external') tags.push(...externalKinds.map((kind) => ['k', kind]));
  return { kind: assertionKinds[type], tags, content: '' };
}

/** The assertion that a score makes about a user: `rank`, and `followers` as far as they are known here. */
export function toUserAssertion({ pubkey, trustScore, followersCount, components }: TrustScore): Assertion {
  const results = {
    rank: String(Math.round(trustScore)),
    followers: String(followersCount),
    reports_cnt_recd: String(components.reportersCount),
  };
  return { type: 'pubkey', subject: pubkey, results };
}

/** Reads an assertion; undefined for another kind, a subject of the wrong form or a rank out of bounds. */
export function parseAssertion(event: Pick<NostrEvent, 'kind' | 'tags'>): Assertion | undefined {
  const type = (Object.keys(assertionKinds) as SubjectType[]).find((name) => assertionKinds[name] === event.kind);
  const subject = event.tags.find(([name]) => name === 'd')?.[1];
  if (!type || subject === undefined || !isSubject(type, subject)) return undefined;
  const results: Record<string, string> = {};
  for (const [name = '', value = ''] of event.tags) {
    if (structural.has(name) || name === '' || value.length > assertionValueCharactersMax) continue;
    if (!Object.hasOwn(results, name)) results[name] = value;
  }
  const { rank } = results;
  if (rank !== undefined && !(/^\d{1,3}$/.test(rank) && Number(rank) <= 100)) return undefined;
  const kinds = event.tags.filter(([name]) => name === 'k').map(([, kind = '']) => kind);
  return { type, subject, results, ...(type === 'external' && { externalKinds: kinds }) };
}

/** Says whether both say the same: only what changed is published again. */
export function isSameAssertion(a: Assertion, b: Assertion): boolean {
  const text = ({ type, subject, results, externalKinds = [] }: Assertion): string =>
    JSON.stringify([type, subject, Object.entries(results).sort(([x], [y]) => (x < y ? -1 : 1)), externalKinds]);
  return text(a) === text(b);
}

/**
 * The providers that a user declares (kind 10040), in their order: of `event.tags`, or of the decrypted private tags.
 */
export function parseProviders(tags: readonly Tag[]): TrustedProvider[] {
  const providers: TrustedProvider[] = [];
  for (const [declared = '', pubkey = '', relay = ''] of tags) {
    const [, kind, tag] = /^(3038[2-5]):([a-z_]{1,64})$/.exec(declared) ?? [];
    if (kind === undefined || tag === undefined || !isHex64(pubkey)) continue;
    const url = normalizeRelayUrl(relay) ?? undefined;
    providers.push({ kind: Number(kind), tag, pubkey, ...(url !== undefined && { relay: url }) });
    if (providers.length === providersMax) break;
  }
  return providers;
}

function isSubject(type: SubjectType, subject: string): boolean {
  if (type === 'pubkey' || type === 'event') return isHex64(subject);
  if (type === 'address') return isAddress(subject);
  return subject.length > 0 && subject.length <= assertionValueCharactersMax;
}

function isAddress(text: string): boolean {
  try {
    parseAddress(text);
    return true;
  } catch {
    return false;
  }
}
