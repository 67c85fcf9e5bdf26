import type { Database, Queryable } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import { classifyRelayUrl, isHex64, normalizeRelayUrl } from '@nostrata/protocol';
import type { AuditLog, Checkout, NoticeBoard, PaymentAnswer, RandomBytes } from '../contract.ts';
import { createId } from '../ids.ts';
import type { NameUser, RegisterAnswer } from './contract.ts';
import { type CoverReads, countPlanNames } from './cover.ts';
import { rootLocal } from './grammar.ts';
import { holdsPerUserMax, planLookMs, relaysMax, yearsMax } from './limits.ts';
import { type AskedName, hasRoom, isForPlan, type Offer, type Offers } from './offers.ts';
import {
  type AddChange,
  addressOf,
  dueOf,
  lockName,
  lockUser,
  type NameRow,
  type NewName,
  readName,
  takeAddress,
  toNameAnswer,
} from './rows.ts';
import type { NameSettings } from './settings.ts';

/** What somebody asks for. */
export interface AskedRegistration extends AskedName {
  /** Whom the name points at; the user's own pubkey unless given. */
  readonly pubkey?: string | undefined;
  readonly relays?: readonly string[] | undefined;
  /** To be paid for; unless given, a plan that covers another name is used. */
  readonly years?: number | undefined;
  readonly provider?: string | undefined;
}

/** What the registry is made of. */
export interface RegistryParts {
  readonly database: Database;
  readonly clock: { now(): number };
  readonly random: RandomBytes;
  readonly audit: AuditLog;
  readonly notices: NoticeBoard;
  readonly settings: NameSettings;
  readonly cover: CoverReads;
  readonly offers: Offers;
  readonly checkout: Checkout;
  readonly addChange: AddChange;
  /** Called after a change of what is served at an address. */
  readonly changed: (name: { readonly host: string; readonly local: string }) => void;
}

/** Registers a name for a user. @throws Problem */
export type Register = (user: NameUser, asked: AskedRegistration) => Promise<RegisterAnswer>;

/** What was decided before anything is written. */
interface Plan {
  readonly user: NameUser;
  readonly offer: Offer;
  readonly pubkey: string;
  readonly relays: readonly string[];
  readonly coverage: 'paid' | 'plan' | 'granted';
  /** Where a plan covers the name: how many it covers, and up to when. */
  readonly cover: { readonly names: number; readonly untilMs: number | null };
}

/** Creates the registry. */
export function createRegistry(parts: RegistryParts): Register {
  return async (user, asked) => {
    const plan = await decide(parts, user, asked);
    const { offer, coverage } = plan;
    const comesBack = offer.isTheirs && offer.phase !== 'free' ? offer.current : undefined;
    const id = comesBack
      ? await parts.database.transaction(async (transaction) => await comeBack(parts, transaction, { plan, comesBack }))
      : await parts.database.transaction(async (transaction) => await write(parts, transaction, plan));
    parts.changed(offer);
    const payment = coverage === 'paid' ? await openPayment(parts, id, { user, asked, isNew: !comesBack }) : null;
    const row = await readName(parts.database, id);
    if (row === undefined) throw new Problem(409, 'name-taken', 'the name is gone');
    const at = { nowMs: parts.clock.now(), periods: parts.settings.periods };
    return { name: toNameAnswer(row, await parts.cover.coverOf(row), at), payment };
  };
}

/** Relay URLs in their one spelling. @throws Problem 400 */
export function readRelays(urls: readonly string[]): string[] {
  const relays = new Set<string>();
  for (const url of urls) {
    const relay = normalizeRelayUrl(url);
    if (relay === null || classifyRelayUrl(relay).isLocal) {
      throw new Problem(400, 'bad-relay', 'relays: one of them is no URL of a relay that others can reach');
    }
    relays.add(relay);
  }
  if (relays.size > relaysMax) throw new Problem(400, 'bad-relay', `relays: at most ${relaysMax}`);
  return [...relays];
}

async function decide(parts: RegistryParts, user: NameUser, asked: AskedRegistration): Promise<Plan> {
  const offer = await parts.offers.look(user, asked);
  if (offer.refusal) throw new Problem(offer.refusal.status, offer.refusal.code, offer.refusal.message);
  const pubkey = asked.pubkey ?? user.pubkey;
  if (pubkey === undefined || !isHex64(pubkey)) {
    throw new Problem(400, 'bad-pubkey', 'say which pubkey the name is for: 64 hex digits in lower case');
  }
  const { years } = asked;
  if (years !== undefined && !(Number.isInteger(years) && years >= 1 && years <= yearsMax)) {
    throw new Problem(400, 'bad-years', `years: 1 to ${yearsMax}`);
  }
  const relays = readRelays(asked.relays ?? []);
  const isCovered = !offer.isGranted && years === undefined && isForPlan(offer) && (await hasRoom(parts, user.userId));
  const coverage = offer.isGranted ? 'granted' : isCovered ? 'plan' : 'paid';
  if (coverage === 'paid' && offer.price === undefined) {
    throw new Problem(403, 'not-for-sale', 'the name is not for sale');
  }
  const cover = isCovered ? await parts.cover.planOf(user.userId) : { names: 0, untilMs: null };
  return { user, offer, pubkey, relays, coverage, cover };
}

async function write(parts: RegistryParts, transaction: Queryable, plan: Plan): Promise<string> {
  const { user, offer, coverage, cover } = plan;
  await countIn(parts, transaction, plan);
  const nowMs = parts.clock.now();
  const times = {
    coverage,
    heldUntilMs: coverage === 'paid' ? nowMs + parts.settings.periods.holdMs : null,
    paidUntilMs: coverage === 'plan' ? cover.untilMs : null,
    endedMs: null,
    freeMs: null,
  };
  const name: NewName = {
    ...times,
    id: createId(parts.random, 'nam'),
    host: offer.host,
    local: offer.local,
    userId: user.userId,
    pubkey: plan.pubkey,
    relays: plan.relays,
    createdMs: nowMs,
    phaseTold: coverage === 'paid' ? 'held' : 'active',
    dueMs: dueOf(times, cover.untilMs, { nowMs, periods: parts.settings.periods, planLookMs }),
  };
  if (!(await takeAddress(transaction, name, offer.current))) {
    throw new Problem(409, 'name-taken', 'somebody else was faster');
  }
  await record(parts, transaction, { id: name.id, plan });
  return name.id;
}

/** The holder takes back a name that ran out or was given up, or asks again for one that they hold. */
async function comeBack(
  parts: RegistryParts,
  transaction: Queryable,
  { plan, comesBack }: { readonly plan: Plan; readonly comesBack: NameRow },
): Promise<string> {
  const { coverage, cover, user } = plan;
  if (coverage === 'plan') await countIn(parts, transaction, plan);
  const row = await lockName(transaction, comesBack.id);
  if (!row?.isCurrent || row.userId !== user.userId) throw new Problem(409, 'name-taken', 'somebody else was faster');
  await setPubkey(transaction, row, plan);
  // An invoice for a hold, or for what ran out: the payment does the rest.
  if (coverage === 'paid') return row.id;
  const paidUntilMs = coverage === 'plan' ? cover.untilMs : null;
  const times = { coverage, heldUntilMs: null, paidUntilMs, endedMs: null, freeMs: null };
  const dueMs = dueOf(times, cover.untilMs, {
    nowMs: parts.clock.now(),
    periods: parts.settings.periods,
    planLookMs,
  });
  await transaction.query(
    `UPDATE name SET coverage = $2, held_until_ms = NULL, paid_until_ms = $3, ended_ms = NULL, free_ms = NULL,
        phase_told = 'active', due_ms = $4 WHERE id = $1`,
    [row.id, coverage, paidUntilMs, dueMs],
  );
  await record(parts, transaction, { id: row.id, plan: { ...plan, pubkey: row.pubkey } });
  return row.id;
}

/** What was never served can still be for another pubkey; what was comes back with the key that it had. */
async function setPubkey(transaction: Queryable, row: NameRow, { pubkey, relays }: Plan): Promise<void> {
  const wasServed = row.paidUntilMs !== null || row.coverage !== 'paid';
  if (wasServed && pubkey !== row.pubkey) {
    throw new Problem(
      409,
      'other-pubkey',
      'the name comes back with the key that it had: change that by a signed order',
    );
  }
  await transaction.query('UPDATE name SET pubkey = $2, relays = $3 WHERE id = $1', [
    row.id,
    pubkey,
    JSON.stringify(relays),
  ]);
}

/** Keeps to what a user can have at a time. The user is locked: two requests at once are counted one after the other. */
async function countIn(parts: RegistryParts, transaction: Queryable, { user, coverage, cover }: Plan): Promise<void> {
  if (coverage === 'granted') return;
  if (!(await lockUser(transaction, user.userId))) throw new Problem(401, 'sign-in', 'sign in first');
  if (coverage === 'plan') {
    if ((await countPlanNames(transaction, user.userId)) >= cover.names) {
      throw new Problem(409, 'plan-full', 'the plan covers no further name: say for how many years you pay for it');
    }
    return;
  }
  const [row] = await transaction.query<{ count: number }>(
    `SELECT COUNT(*) AS count FROM name WHERE user_id = $1 AND is_current = 1 AND coverage = 'paid'
      AND paid_until_ms IS NULL AND ended_ms IS NULL AND held_until_ms > $2`,
    [user.userId, parts.clock.now()],
  );
  if (Number(row?.count ?? 0) >= holdsPerUserMax) {
    throw new Problem(429, 'too-many-holds', {
      message: 'pay for the names that you hold first, or let them go',
      retryAfter: 60,
    });
  }
}

async function record(
  parts: RegistryParts,
  transaction: Queryable,
  { id, plan }: { readonly id: string; readonly plan: Plan },
): Promise<void> {
  const { coverage, pubkey, user, offer } = plan;
  const what = coverage === 'paid' ? 'held' : coverage === 'plan' ? 'registered' : 'granted';
  await parts.addChange(transaction, { nameId: id, what, toPubkey: pubkey });
  if (coverage !== 'paid') {
    const payload = { id, address: addressOf(offer), phase: 'active' };
    await parts.notices.add(transaction, { userId: user.userId, topic: 'name.changed', payload });
  }
  await parts.audit.append(transaction, {
    actor: user.actor ?? `user:${user.userId}`,
    action: `name.${what}`,
    entity: `name:${id}`,
    details: { coverage, isRoot: offer.local === rootLocal },
  });
}

/** Opens the payment of a hold; where it cannot be opened, the hold ends, so that nobody waits for it. */
async function openPayment(
  { checkout, database, clock }: RegistryParts,
  nameId: string,
  { user, asked, isNew }: { readonly user: NameUser; readonly asked: AskedRegistration; readonly isNew: boolean },
): Promise<PaymentAnswer> {
  try {
    const purchase = { kind: 'name', nameId, years: asked.years ?? 1 } as const;
    return await checkout.open({ userId: user.userId, actor: user.actor, purchase, provider: asked.provider });
  } catch (error) {
    if (isNew) {
      await database.transaction((transaction) =>
        transaction.query(
          `UPDATE name SET held_until_ms = $2 WHERE id = $1 AND paid_until_ms IS NULL AND coverage = 'paid'
            AND held_until_ms > $2`,
          [nameId, clock.now()],
        ),
      );
    }
    throw error;
  }
}
