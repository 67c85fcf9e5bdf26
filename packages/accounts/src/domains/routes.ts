import { type Caller, callerOf, defineAction, type HttpRoute, Problem, Reply } from '@nostrata/http';
import { z } from 'zod';
import { toIsoOrNull } from '../times.ts';
import type { CheckedDomain, DomainActor, Domains, DomainWithProof } from './contract.ts';
import { parseHost, toUnicode } from './hosts.ts';

const time = z.iso.datetime();

const proof = z.object({
  txtName: z.string().describe('Where the TXT record goes'),
  txtValue: z.string(),
  fileUrl: z.string().describe('Where the file goes instead; no redirect is followed'),
  fileBody: z.string(),
});

const domainAnswer = z.object({
  id: z.string(),
  host: z.string().describe('As DNS has it: A-labels, lower case'),
  unicode: z.string().describe('As people read it'),
  state: z.enum(['pending', 'verified', 'failing', 'suspended']),
  method: z.enum(['dns', 'file']).nullable(),
  proof,
  verifiedAt: time.nullable(),
  checkedAt: time.nullable(),
  nextCheckAt: time.nullable(),
  lastFailure: z.string().nullable(),
});

const finding = z.object({ state: z.enum(['found', 'gone', 'unclear']), message: z.string() });

const checkAnswer = domainAnswer.extend({
  check: finding.extend({ dns: finding, file: finding }).describe('What was found just now, place by place'),
});

/** A domain as its owner sees it. */
export type DomainAnswer = z.output<typeof domainAnswer>;

/** The same with what a check just found. */
export type DomainCheckAnswer = z.output<typeof checkAnswer>;

const byId = z.object({ id: z.string().min(1).max(64).describe('The id of the domain') });

const group = 'Domains';
const read = { kind: 'user', scope: 'domains:read' } as const;
const write = { kind: 'user', scope: 'domains:write' } as const;

/** Routes of domains that users bring along. */
export function createDomainRoutes({ domains }: { readonly domains: Domains }): HttpRoute[] {
  return [
    defineAction({
      method: 'GET',
      path: '/api/v1/domains',
      operation: 'listDomains',
      group,
      summary: 'Your domains',
      description: 'Domains and claims of the caller, by host.',
      access: read,
      answer: z.object({ items: z.array(domainAnswer) }),
      async handle(asked) {
        return { items: (await domains.list(callerOf(asked).userId)).map(toAnswer) };
      },
    }),
    defineAction({
      method: 'GET',
      path: '/api/v1/domains/:id',
      operation: 'getDomain',
      group,
      summary: 'One of your domains',
      description: 'Its state and what proves it.',
      access: read,
      parameters: byId,
      answer: domainAnswer,
      problems: { 404: 'not-found' },
      async handle(asked) {
        return toAnswer(await domains.get(callerOf(asked).userId, asked.parameters.id));
      },
    }),
    createClaim(domains),
    createCheck(domains),
    createServed(domains),
    defineAction({
      method: 'DELETE',
      path: '/api/v1/domains/:id',
      operation: 'deleteDomain',
      group,
      summary: 'Give up a domain',
      description: 'Names under it are no longer served. Somebody else can prove it from now on.',
      access: write,
      parameters: byId,
      answer: z.undefined(),
      problems: { 404: 'not-found' },
      async handle(asked) {
        await domains.remove(actorOf(callerOf(asked)), asked.parameters.id);
        return undefined;
      },
    }),
  ];
}

function createClaim(domains: Domains): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/domains',
    operation: 'claimDomain',
    group,
    summary: 'Claim a domain',
    description:
      `Gives what proves that it is yours: a TXT record or a file. Others may claim it too; the first to prove
      it has it. A claim that is there already is given again with status 200.`.replaceAll(/\s+/g, ' '),
    access: write,
    body: z.strictObject({ host: z.string().min(1).max(255).describe('`example.com`, in Unicode or A-labels') }),
    answer: domainAnswer,
    problems: { 400: 'bad-host', 403: 'plan-limit', 422: 'host-not-public, host-public-suffix, host-own' },
    async handle(asked) {
      const { domain, isNew } = await domains.claim(actorOf(callerOf(asked)), asked.body.host);
      return new Reply({ status: isNew ? 201 : 200, answer: toAnswer(domain) });
    },
  });
}

function createCheck(domains: Domains): HttpRoute {
  return defineAction({
    method: 'POST',
    path: '/api/v1/domains/:id/check',
    operation: 'checkDomain',
    group,
    summary: 'Look for the proof now',
    description: 'Asks name servers and the web server of the domain and says what each of them has.',
    access: write,
    parameters: byId,
    answer: checkAnswer,
    problems: { 404: 'not-found', 409: 'domain-taken, domain-changed', 429: 'checked-just-now' },
    async handle(asked) {
      return toCheckAnswer(await domains.check(actorOf(callerOf(asked)), asked.parameters.id));
    },
  });
}

/** What a proxy asks that gets certificates on demand: nobody can make it get them for hosts that are not served here. */
function createServed(domains: Domains): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/hosts/served',
    operation: 'isHostServed',
    group,
    summary: 'Whether names under a host are served',
    description: 'Status 200 of a proven domain, 404 of all others. For proxies that get certificates on demand.',
    access: { kind: 'anyone' },
    // A proxy asks for all its clients from one address.
    isCounted: false,
    parameters: z.object({ domain: z.string().min(1).max(255).describe('`example.com`') }),
    answer: z.object({ host: z.string() }),
    problems: { 400: 'bad-host', 404: 'not-served' },
    async handle({ parameters }) {
      const host = parseHost(parameters.domain);
      if (!(await domains.isHostServed(host)))
        throw new Problem(404, 'not-served', 'no names are served under this host');
      return { host };
    },
  });
}

function actorOf({ userId, by, credential }: Caller): DomainActor {
  return { userId, actor: by === 'api-key' ? `key:${credential}` : `user:${userId}` };
}

function toAnswer(domain: DomainWithProof): DomainAnswer {
  return {
    id: domain.id,
    host: domain.host,
    unicode: toUnicode(domain.host),
    state: domain.state,
    method: domain.method,
    proof: domain.proof,
    verifiedAt: toIsoOrNull(domain.verifiedMs),
    checkedAt: toIsoOrNull(domain.checkedMs),
    nextCheckAt: toIsoOrNull(domain.nextCheckMs),
    lastFailure: domain.lastFailure,
  };
}

function toCheckAnswer({ domain, judgement }: CheckedDomain): DomainCheckAnswer {
  const { state, message, dns, file } = judgement;
  return { ...toAnswer(domain), check: { state, message, dns, file } };
}
