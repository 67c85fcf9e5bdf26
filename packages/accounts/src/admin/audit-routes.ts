import type { Database } from '@nostrata/database';
import { callerOf, defineAction, type HttpRoute } from '@nostrata/http';
import { z } from 'zod';
import { listAudit } from '../audit/list.ts';
import { type AuditReport, verifyAudit } from '../audit/verify.ts';
import type { AuditLog, Clock } from '../contract.ts';
import { actorOf } from '../users.ts';
import { changing, group, looking } from './access.ts';
import type { AuditWitness } from './contract.ts';
import { loadOverview } from './overview.ts';

/** What the routes about the installation as a whole serve. */
export interface AdminAuditRoutesParts {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly audit: AuditLog;
  readonly witness: AuditWitness;
}

/** The routes about the installation as a whole. */
export function createAdminAuditRoutes(parts: AdminAuditRoutesParts): HttpRoute[] {
  return [overviewAction(parts), listAction(parts), verifyAction(parts)];
}

function overviewAction({ database, clock }: AdminAuditRoutesParts): HttpRoute {
  const counts = z.record(z.string(), z.int());
  const sum = z.object({ currency: z.string(), amount: z.int() });
  return defineAction({
    method: 'GET',
    path: '/api/v1/admin/overview',
    operation: 'adminGetOverview',
    group,
    summary: 'The installation in figures',
    description: 'Counted now. Payments and income are those of the last 30 days.',
    access: looking,
    answer: z.object({
      asOf: z.string(),
      users: z.object({ total: z.int(), suspended: z.int(), newInWeek: z.int(), admins: z.int() }),
      sessions: z.int(),
      apiKeys: z.int(),
      names: z.int(),
      domains: counts,
      subscriptions: counts,
      payments: counts,
      income: z.array(sum.extend({ payments: z.int() })),
      refundsOpen: z.array(sum.extend({ refunds: z.int() })),
      hooks: z.object({ active: z.int(), disabled: z.int(), waiting: z.int() }),
      audit: z.object({ entries: z.int(), hash: z.string().nullable(), signedSeq: z.int().nullable() }),
    }),
    handle: async () => await loadOverview(database, clock.now()),
  });
}

function listAction({ database }: AdminAuditRoutesParts): HttpRoute {
  const text = z.string().min(1).max(120).optional();
  return defineAction({
    method: 'GET',
    path: '/api/v1/admin/audit',
    operation: 'adminListAudit',
    group,
    summary: 'The audit log, the newest first',
    description: '`action` with a dot at its end takes all that begin like this: `payment.`.',
    access: looking,
    parameters: z.object({
      entity: text,
      action: text,
      actor: text,
      cursor: z
        .string()
        .regex(/^\d{1,15}$/)
        .optional(),
    }),
    answer: z.object({
      items: z.array(
        z.object({
          seq: z.int(),
          at: z.string(),
          actor: z.string(),
          action: z.string(),
          entity: z.string(),
          details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
          hash: z.string(),
        }),
      ),
      next: z.string().nullable(),
    }),
    async handle({ parameters: { cursor, ...filter } }) {
      const beforeSeq = cursor === undefined ? undefined : Number(cursor);
      const { items, nextSeq } = await listAudit(database, { ...filter, beforeSeq });
      return { items, next: nextSeq === null ? null : String(nextSeq) };
    },
  });
}

function verifyAction({ database, audit, witness }: AdminAuditRoutesParts): HttpRoute {
  // The whole log is read: who asks while that is under way gets the same answer.
  let running: Promise<AuditReport> | undefined;
  const verify = async (): Promise<AuditReport> => {
    const published = await witness.loadPublished();
    return await verifyAudit(database, { signer: witness.signer, published });
  };
  return defineAction({
    method: 'POST',
    path: '/api/v1/admin/audit/verify',
    operation: 'adminVerifyAudit',
    group,
    summary: 'Check the audit log from its first entry on',
    description: `Finds the first entry that was changed, removed, inserted or moved, and compares the log with the heads
that were signed and published day by day.`,
    access: changing,
    body: z.strictObject({}),
    answer: z.object({
      ok: z.boolean(),
      entries: z.int(),
      heads: z.int(),
      firstBroken: z
        .object({ seq: z.int(), fault: z.enum(['changed', 'unlinked', 'missing', 'head', 'head-forged']) })
        .nullable(),
      head: z.object({ seq: z.int(), hash: z.string() }).nullable(),
    }),
    async handle(asked) {
      running ??= verify().finally(() => {
        running = undefined;
      });
      const report = await running;
      const { ok, entries } = report;
      const entry = {
        actor: actorOf(callerOf(asked)),
        action: 'audit.verified',
        entity: 'audit',
        details: { ok, entries },
      };
      await database.transaction((transaction) => audit.append(transaction, entry));
      return report;
    },
  });
}
