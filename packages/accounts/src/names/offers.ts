import type { Queryable } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import type { Price } from '../contract.ts';
import type { CheckAnswer, NameDomains, NameUser, RuleKind } from './contract.ts';
import { type CoverReads, countPlanNames } from './cover.ts';
import { parseHost, parseLocal, rootLocal } from './grammar.ts';
import { type NamePhase, phaseOf } from './phases.ts';
import { addressOf, type NameRow, readCurrent } from './rows.ts';
import type { RuleOf } from './rules.ts';
import { type NameSettings, usualPrices } from './settings.ts';

/** Why somebody cannot have a name. */
export interface Refusal {
  readonly status: 403 | 409;
  readonly code: 'name-taken' | 'name-reserved' | 'name-blocked' | 'not-for-sale' | 'already-yours';
  readonly message: string;
}

/** A name and what it would take for somebody to have it. */
export interface Offer {
  readonly host: string;
  readonly local: string;
  /** `own`: the domain belongs to who asks. */
  readonly kind: 'managed' | 'own';
  readonly rule: RuleKind;
  /** A year of it; undefined where it is not for sale. */
  readonly price: Price | undefined;
  readonly current: NameRow | undefined;
  readonly phase: NamePhase;
  /** Whether the name that is there is who asks has it. */
  readonly isTheirs: boolean;
  /** An admin asks for what only admins give out. */
  readonly isGranted: boolean;
  readonly refusal: Refusal | undefined;
}

/** What offers are made of. */
export interface OfferParts {
  readonly database: Queryable;
  readonly clock: { now(): number };
  readonly settings: NameSettings;
  readonly domains: NameDomains;
  readonly cover: CoverReads;
  readonly ruleOf: RuleOf;
}

/** Tells what names can be had. */
export interface Offers {
  /** @throws Problem 404 of a host where the user can have no names, 400 of a name that can be none */
  look(user: NameUser | undefined, asked: AskedName): Promise<Offer>;
  check(user: NameUser | undefined, asked: AskedName): Promise<CheckAnswer>;
  /** The price of a year of a name that somebody has. */
  priceOf(row: NameRow): Promise<{ readonly rule: RuleKind; readonly price: Price | undefined }>;
}

/** A name as it was typed; the first host of the operator unless given. */
export interface AskedName {
  readonly name: string;
  readonly host?: string | undefined;
}

/** Creates the offers. */
export function createOffers(parts: OfferParts): Offers {
  const look: Offers['look'] = async (user, asked) => {
    const { host, kind } = await findHost(parts, user, asked.host);
    const parsed = parseLocal(asked.name);
    if (!parsed.isValid) throw new Problem(400, 'bad-name', parsed.reason);
    return await lookAt(parts, user, { host, kind, local: parsed.local });
  };
  return {
    look,
    async check(user, asked) {
      const { host } = await findHost(parts, user, asked.host);
      const parsed = parseLocal(asked.name);
      if (!parsed.isValid) return toUnusable(asked.name, host, parsed.reason);
      const offer = await look(user, asked);
      return {
        address: addressOf(offer),
        available: offer.refusal === undefined,
        reason: offer.refusal?.message ?? null,
        rule: offer.rule,
        price: offer.price ?? null,
        coveredByPlan: user !== undefined && isForPlan(offer) && (await hasRoom(parts, user.userId)),
      };
    },
    priceOf: async ({ host, local }) => await rulesAt(parts, { host, local, kind: kindOf(parts.settings, host) }),
  };
}

/** Says whether a plan can cover the name: what has a price of its own has to be paid. */
export function isForPlan({ rule, kind }: Pick<Offer, 'rule' | 'kind'>): boolean {
  return kind === 'own' || rule === 'standard';
}

/** Says whether the plan of the user covers another name. */
export async function hasRoom(
  { database, cover }: Pick<OfferParts, 'database' | 'cover'>,
  userId: string,
): Promise<boolean> {
  const { names } = await cover.planOf(userId);
  return names > 0 && (await countPlanNames(database, userId)) < names;
}

/** `managed` where the operator sells names there. */
export function kindOf(settings: NameSettings, host: string): 'managed' | 'own' {
  return settings.hosts.includes(host) ? 'managed' : 'own';
}

async function findHost(
  { settings, domains }: OfferParts,
  user: NameUser | undefined,
  asked: string | undefined,
): Promise<{ readonly host: string; readonly kind: 'managed' | 'own' }> {
  // Hosts of the operator are taken as they are configured: on a machine of one's own that may be `localhost`.
  const host = asked === undefined || settings.hosts.includes(asked) ? (asked ?? settings.hosts[0]) : parseHost(asked);
  if (host !== undefined) {
    if (settings.hosts.includes(host)) return { host, kind: 'managed' };
    if (user && (await domains.ownerOf(host)) === user.userId) return { host, kind: 'own' };
  }
  throw new Problem(404, 'unknown-host', 'no names are given out there; prove that the domain is yours first');
}

async function rulesAt(
  { settings, ruleOf }: OfferParts,
  { host, local, kind }: Pick<Offer, 'host' | 'local' | 'kind'>,
): Promise<{ readonly rule: RuleKind; readonly price: Price | undefined }> {
  if (kind === 'managed') {
    const { kind: rule, price } = await ruleOf(host, local);
    return { rule, price };
  }
  // On a domain of one's own no name is dearer than another.
  const [usual] = usualPrices;
  const [longest] = settings.prices.toSorted((a, b) => b.charactersMin - a.charactersMin);
  return { rule: 'standard', price: (longest ?? usual)?.price };
}

async function lookAt(
  parts: OfferParts,
  user: NameUser | undefined,
  place: Pick<Offer, 'host' | 'local' | 'kind'>,
): Promise<Offer> {
  const { rule, price } = await rulesAt(parts, place);
  const current = await readCurrent(parts.database, place.host, place.local);
  // What was erased is nobody's until it is free again.
  const isTheirs = current !== undefined && current.userId === user?.userId && current.pubkey !== '';
  const phase = await phaseFor(parts, current, place.kind === 'own' && !isTheirs);
  const isRoot = place.local === rootLocal;
  const isGranted = user?.role === 'admin' && place.kind === 'managed' && (rule === 'reserved' || isRoot);
  const bare = { ...place, rule, price, current, phase, isTheirs, isGranted };
  return { ...bare, refusal: refusalOf(bare, isRoot) };
}

/** Names on a domain that has changed hands belong to nobody. */
async function phaseFor(parts: OfferParts, row: NameRow | undefined, isOfAnother: boolean): Promise<NamePhase> {
  if (row === undefined || isOfAnother) return 'free';
  const { clock, cover, settings } = parts;
  return phaseOf(row, await cover.coverOf(row), { nowMs: clock.now(), periods: settings.periods });
}

function refusalOf(offer: Omit<Offer, 'refusal'>, isRoot: boolean): Refusal | undefined {
  const { rule, kind, phase, isTheirs, isGranted, price } = offer;
  const isWorking = phase === 'active' || phase === 'grace';
  if (isTheirs && isWorking) {
    return { status: 409, code: 'already-yours', message: 'the name is yours already: renew it' };
  }
  // What somebody had lawfully they can come back to, whatever became of the rules since.
  if (isTheirs && phase !== 'free') return undefined;
  if (phase !== 'free') return { status: 409, code: 'name-taken', message: takenBecause(phase) };
  if (rule === 'blocked') return { status: 403, code: 'name-blocked', message: 'nobody can have this name' };
  if (isGranted) return undefined;
  if (rule === 'reserved') return { status: 403, code: 'name-reserved', message: 'the name is kept for the operator' };
  if (isRoot && kind === 'managed') {
    return { status: 403, code: 'name-reserved', message: 'the name of the host itself is kept for the operator' };
  }
  if (price === undefined) {
    return { status: 403, code: 'not-for-sale', message: 'names of this length are not for sale' };
  }
  return undefined;
}

function takenBecause(phase: NamePhase): string {
  if (phase === 'held') return 'somebody is about to pay for the name: try again in a quarter of an hour';
  if (phase === 'active' || phase === 'grace') return 'somebody has the name';
  return 'the name ran out and waits for its holder before anybody else can have it';
}

function toUnusable(name: string, host: string, reason: string): CheckAnswer {
  const address = `${name}@${host}`;
  return { address, available: false, reason, rule: 'standard', price: null, coveredByPlan: false };
}
