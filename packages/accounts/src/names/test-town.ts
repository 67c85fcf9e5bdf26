import { randomBytes } from 'node:crypto';
import type { Database } from '@nostrata/database';
import { type Outgoing, OutgoingError } from '@nostrata/http';
import { createFakeClock, createKeys, signEvent } from '@nostrata/testing';
import { createAuditLog } from '../audit/append.ts';
import type { Checkout, EntitlementReads, Notice, OpenPayment, PaymentAnswer } from '../contract.ts';
import { createNoticeBoard } from '../notices/board.ts';
import { strictly } from '../test-engines.ts';
import type { NameUser } from './contract.ts';
import { createNames, type Names } from './names.ts';
import { nameOrderKind } from './order.ts';
import { createNameSettings, type NameSettings } from './settings.ts';

/** Midnight of some day. */
export const startMs = Date.UTC(2026, 0, 15);
export const dayMs = 86_400_000;
const origin = 'https://example.com';

const nobody: Outgoing = async () => {
  throw new OutgoingError('unreachable', 'nobody is there');
};

/** Names, with neighbours that answer what the test tells them. */
export async function createTown(database: Database, given: Partial<NameSettings> = {}, outgoing: Outgoing = nobody) {
  const clock = createFakeClock(startMs);
  const random = (count: number) => new Uint8Array(randomBytes(count));
  const settings = createNameSettings({ hosts: ['example.com', 'second.example.com'], ...given });
  const plans = new Map<string, { names: number; until: number | null | undefined }>();
  const owners = new Map<string, string>();
  const entitlements: EntitlementReads = {
    async entitlementsOf(userId) {
      const { names = 0 } = plans.get(userId) ?? {};
      const rate = { name: 'free', requestsMax: 0, windowMs: 1000 };
      return { plan: 'test', names, domains: 0, apiKeys: 0, hooks: 0, scopes: [], rate };
    },
    coveredUntil: async (userId) => plans.get(userId)?.until,
  };
  const opened: OpenPayment[] = [];
  const till: { names?: Names; fault?: Error | undefined; expiresMs: number } = { expiresMs: 60 * 60_000 };
  const checkout: Checkout = {
    async open(asked) {
      if (till.fault) throw till.fault;
      const granter = till.names?.granter;
      const quote = await granter?.quote(asked.userId, asked.purchase);
      await database.transaction(async (transaction) => {
        await granter?.hold(transaction, asked.purchase, clock.now() + till.expiresMs);
      });
      opened.push(asked);
      const answer = {
        id: `pay_${opened.length}`,
        state: 'pending',
        purchase: asked.purchase,
        price: quote?.price.msat,
      };
      return answer as unknown as PaymentAnswer;
    },
  };
  const findUser = async (transaction: Pick<Database, 'query'>, pubkey: string): Promise<string> => {
    const id = `usr_${pubkey.slice(0, 12)}`;
    await transaction.query(
      `INSERT INTO account_user (id, pubkey, role, state, created_ms) VALUES ($1, $2, 'user', 'active', $3)
        ON CONFLICT DO NOTHING`,
      [id, pubkey, clock.now()],
    );
    return id;
  };
  const domains = {
    ownerOf: async (host: string) => owners.get(host),
    hostsOf: async (userId: string) => [...owners].filter(([, owner]) => owner === userId).map(([host]) => host),
  };
  const audit = createAuditLog(database, clock);
  const notices = createNoticeBoard(clock, random);
  const parts = {
    database,
    clock,
    random,
    audit,
    notices,
    settings,
    entitlements,
    domains,
    findUser,
    checkout,
    outgoing,
    origin,
  };
  const names = createNames({ ...parts, database: strictly(database) });
  till.names = names;
  return {
    ...parts,
    names,
    plans,
    owners,
    opened,
    till,
    /** A user with a key, and a plan where it is given. */
    async user(seed: string, role: NameUser['role'] = 'user'): Promise<NameUser & { readonly pubkey: string }> {
      const { pubkey } = createKeys(seed);
      return { userId: await findUser(database, pubkey), pubkey, role };
    },
    /** Settles a payment of a name. */
    async pay(nameId: string, userId: string, years = 1) {
      const purchase = { kind: 'name', nameId, years } as const;
      const paid = { paymentId: `pay_${randomBytes(6).toString('hex')}`, userId, purchase, terms: { nameId, years } };
      return await database.transaction(
        async (transaction) =>
          await names.granter.grant(transaction, { ...paid, amountMsat: 21_000_000, settledMs: clock.now() }),
      );
    },
    /** A signed order about a name. */
    order(seed: string, about: { action: string; id: string; address: string; to: string; u?: string; at?: number }) {
      const { secret, pubkey } = createKeys(seed);
      const tags = [
        ['action', about.action],
        ['name', about.id],
        ['address', about.address],
        ['p', about.to],
        ['u', about.u ?? origin],
      ];
      const created_at = Math.floor((about.at ?? clock.now()) / 1000);
      return signEvent({ pubkey, created_at, kind: nameOrderKind, tags, content: '' }, secret);
    },
    async ask(host: string, local: string) {
      return JSON.parse((await names.answers.find(host, local)).body) as {
        names: Record<string, string>;
        relays?: Record<string, string[]>;
      };
    },
    async notes(userId: string) {
      const rows = await database.query<{ payload: string }>(
        'SELECT payload FROM notice WHERE user_id = $1 ORDER BY at_ms, id',
        [userId],
      );
      return rows.map(({ payload }) => JSON.parse(payload) as Notice['payload']);
    },
    async audited() {
      const rows = await database.query<{ action: string }>('SELECT action FROM audit_log ORDER BY seq');
      return rows.map(({ action }) => action);
    },
  };
}
