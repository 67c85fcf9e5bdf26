import type { Database } from '@nostrata/database';
import { type Outgoing, OutgoingError, type OutgoingFault } from '@nostrata/http';
import { createFakeClock, seededRandom, startDnsServer, testSeed } from '@nostrata/testing';
import { createAuditLog } from '../audit/append.ts';
import type { Entitlements } from '../contract.ts';
import { createNoticeBoard } from '../notices/board.ts';
import { createSecrets } from '../secrets.ts';
import { strictly } from '../test-engines.ts';
import type { DomainActor, DomainsParts } from './contract.ts';
import { createDomains } from './domains.ts';
import { createDnsLookup } from './resolver.ts';

/** What a web server does in a test: answers with a status and a text, or fails. */
export type TestFile = { readonly status: number; readonly body: string } | { readonly fault: OutgoingFault };

/** The actor of a user who is signed in. */
export const as = (userId: string): DomainActor => ({ userId, actor: `user:${userId}` });

/** Domains over a database, with a real name server, web servers that are a map by host, and a clock that is moved. */
export async function createTestHouse(database: Database, changed: Partial<DomainsParts> = {}) {
  const dns = await startDnsServer();
  const clock = { ...createFakeClock(), after: () => () => {} };
  const files = new Map<string, TestFile>();
  const limit = { domains: 3 };
  const random = seededRandom(`domains ${testSeed()}`).bytes;
  const parts: DomainsParts = {
    database: strictly(database),
    clock,
    random,
    secrets: createSecrets(new Uint8Array(32).fill(7)),
    audit: createAuditLog(database, clock),
    notices: createNoticeBoard(clock, random),
    entitlements: { entitlementsOf: async () => entitle(limit.domains) },
    lookups: [createDnsLookup({ server: dns.address, timeoutMs: 250, tries: 1 })],
    outgoing: createOutgoing(files),
    ownHosts: { origin: 'https://nostrata.example.org', managedHosts: ['names.example.net'] },
    ...changed,
  };
  for (const id of ['ann', 'bob', 'eve']) {
    const sql = `INSERT INTO account_user (id, role, state, created_ms) VALUES ($1, 'user', 'active', 0) ON CONFLICT DO NOTHING`;
    await database.query(sql, [id]);
  }
  const domains = createDomains(parts);
  return {
    dns,
    clock,
    files,
    limit,
    parts,
    domains,
    /** Claims a host and puts its proof into DNS, beside what is there when told. */
    async prove(userId: string, host: string) {
      const { domain } = await domains.claim(as(userId), host);
      dns.set(domain.proof.txtName, [{ type: 'TXT', texts: [domain.proof.txtValue] }]);
      return (await domains.check(as(userId), domain.id)).domain;
    },
    actions: async () =>
      (await database.query<{ action: string }>('SELECT action FROM audit_log ORDER BY seq')).map((row) => row.action),
    notices: async (userId: string) =>
      (
        await database.query<{ payload: string }>(
          `SELECT payload FROM notice WHERE user_id = $1 AND topic = 'domain.changed' ORDER BY at_ms, id`,
          [userId],
        )
      ).map((row) => String((JSON.parse(row.payload) as { change: string }).change)),
    [Symbol.asyncDispose]: () => dns[Symbol.asyncDispose](),
  };
}

function entitle(domains: number): Entitlements {
  const rate = { name: 'pro', requestsMax: 0, windowMs: 1000 };
  return { plan: 'pro', names: 1, domains, apiKeys: 1, hooks: 1, scopes: [], rate };
}

/** Speaks for web servers: no file is 404, no host is unknown only where a test says so. */
function createOutgoing(files: ReadonlyMap<string, TestFile>): Outgoing {
  return async (url) => {
    const { hostname, pathname, protocol } = new URL(url);
    if (protocol !== 'https:' || pathname !== '/.well-known/nostrata.txt') throw new Error(`asked for ${url}`);
    const file = files.get(hostname) ?? { status: 404, body: 'not found' };
    if ('fault' in file) throw new OutgoingError(file.fault, `no answer from ${hostname}`);
    return { status: file.status, headers: {}, body: new TextEncoder().encode(file.body) };
  };
}
