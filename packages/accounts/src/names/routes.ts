import { type Caller, callerOf, defineAction, type HttpRoute, Reply } from '@nostrata/http';
import { z } from 'zod';
import { actorOf } from '../users.ts';
import type { NameUser } from './contract.ts';
import type { Names } from './names.ts';
import {
  auditSchema,
  changesSchema,
  checkAnswerSchema,
  eventSchema,
  hostsSchema,
  idSchema,
  localSchema,
  nameListSchema,
  nameSchema,
  registeredSchema,
  registerSchema,
  relaysSchema,
  renewedSchema,
  renewSchema,
  verifySchema,
} from './schemas.ts';
import { createWellKnownRoute } from './well-known.ts';

/** What the routes of names are made of. */
export interface NameRouteParts {
  readonly names: Names;
}

const group = 'Names';
const reading = { kind: 'user', scope: 'names:read' } as const;
const writing = { kind: 'user', scope: 'names:write' } as const;
const asking = { kind: 'anyone', scope: 'names:read' } as const;
const path = '/api/v1/names';

/** Creates the routes of names. Those without a parameter in their path come first. */
export function createNameRoutes(parts: NameRouteParts): HttpRoute[] {
  return [
    createWellKnownRoute(parts.names.answers),
    ...openRoutes(parts),
    ...foreignRoutes(parts),
    ...listRoutes(parts),
    ...holderRoutes(parts),
    ...laterRoutes(parts),
    ...handoverRoutes(parts),
  ];
}

function openRoutes({ names }: NameRouteParts): HttpRoute[] {
  return [
    defineAction({
      method: 'GET',
      path: `${path}/check`,
      operation: 'checkName',
      group,
      summary: 'Whether a name can be had and what it costs',
      description: 'On the first host of the installation unless a host is named. The price is for one year.',
      access: asking,
      parameters: z.object({ name: localSchema, host: z.string().max(260).optional() }),
      answer: checkAnswerSchema,
      problems: { 404: 'unknown-host' },
      handle: async ({ parameters, caller }) => await names.check(caller && toUser(caller), parameters),
    }),
    defineAction({
      method: 'GET',
      path: `${path}/hosts`,
      operation: 'listNameHosts',
      group,
      summary: 'Hosts where one can have names, and prices',
      description:
        'Hosts of the installation and, for who is signed in, domains of their own. Prices are for one year.',
      access: asking,
      answer: hostsSchema,
      handle: async ({ caller }) => await names.hosts(caller && toUser(caller)),
    }),
  ];
}

function foreignRoutes({ names }: NameRouteParts): HttpRoute[] {
  return [
    defineAction({
      method: 'GET',
      path: `${path}/verify`,
      operation: 'verifyName',
      group,
      summary: 'What an address of anybody stands for',
      description:
        'Asks the host of the address (NIP-05): by HTTPS, without redirects, for at most five seconds. Kept for ten minutes, failures for one.',
      access: asking,
      parameters: z.object({
        address: z.string().min(1).max(320),
        pubkey: z
          .string()
          .regex(/^[0-9a-fA-F]{64}$/, '64 hex digits')
          .optional(),
      }),
      answer: verifySchema,
      problems: { 400: 'bad-address', 503: 'busy' },
      handle: async ({ parameters }) => await names.verify(parameters),
    }),
    defineAction({
      method: 'GET',
      path: `${path}/audit`,
      operation: 'auditNameHost',
      group,
      summary: 'How well a host serves names',
      description:
        'Asks the host for a name as a page in a browser would, and says of each thing whether it is right and how to mend it. What could not be looked at is left out.',
      access: asking,
      parameters: z.object({ host: z.string().min(1).max(260), name: localSchema.optional() }),
      answer: auditSchema,
      problems: { 400: 'bad-host', 503: 'busy' },
      handle: async ({ parameters }) => await names.auditHost(parameters),
    }),
  ];
}

function listRoutes({ names }: NameRouteParts): HttpRoute[] {
  return [
    defineAction({
      method: 'GET',
      path,
      operation: 'listNames',
      group,
      summary: 'My names',
      description: 'The newest first; names that are free again are left out.',
      access: reading,
      answer: nameListSchema,
      handle: async (asked) => await names.list(callerOf(asked).userId),
    }),
    defineAction({
      method: 'POST',
      path,
      operation: 'registerName',
      group,
      summary: 'Register a name',
      description:
        'Covered by the plan where it has room and no years are given; else the name is held and the answer carries what is to be paid.',
      access: writing,
      body: registerSchema,
      answer: registeredSchema,
      problems: { 403: 'name-reserved', 404: 'unknown-host', 409: 'name-taken', 429: 'too-many-holds' },
      async handle(asked) {
        return new Reply({ status: 201, answer: await names.register(toUser(callerOf(asked)), asked.body) });
      },
    }),
  ];
}

function holderRoutes({ names }: NameRouteParts): HttpRoute[] {
  const parameters = z.object({ id: idSchema });
  return [
    defineAction({
      method: 'GET',
      path: `${path}/:id`,
      operation: 'getName',
      group,
      summary: 'One of my names',
      description: 'Names of others are not found.',
      access: reading,
      parameters,
      answer: nameSchema,
      problems: { 404: 'not-found' },
      handle: async (asked) => await names.get(callerOf(asked).userId, asked.parameters.id),
    }),
    defineAction({
      method: 'PATCH',
      path: `${path}/:id`,
      operation: 'changeName',
      group,
      summary: 'Change the relays of a name',
      description: 'The pubkey is changed by a signed order alone.',
      access: writing,
      parameters,
      body: z.strictObject({ relays: relaysSchema }),
      answer: nameSchema,
      problems: { 404: 'not-found' },
      handle: async (asked) => await names.setRelays(callerOf(asked).userId, asked.parameters.id, asked.body.relays),
    }),
    defineAction({
      method: 'DELETE',
      path: `${path}/:id`,
      operation: 'giveUpName',
      group,
      summary: 'Give a name up',
      description:
        'It is served no more. Others can have it after the quarantine, until then its holder can come back.',
      access: writing,
      parameters,
      answer: z.undefined(),
      problems: { 404: 'not-found' },
      async handle(asked) {
        const caller = callerOf(asked);
        await names.giveUp(caller.userId, asked.parameters.id, actorOf(caller));
        return new Reply<undefined>({ status: 204 });
      },
    }),
  ];
}

function laterRoutes({ names }: NameRouteParts): HttpRoute[] {
  const parameters = z.object({ id: idSchema });
  return [
    defineAction({
      method: 'GET',
      path: `${path}/:id/history`,
      operation: 'getNameHistory',
      group,
      summary: 'What happened to a name',
      description: 'The newest first, with the signed orders behind changes of the key.',
      access: reading,
      parameters,
      answer: changesSchema,
      problems: { 404: 'not-found' },
      handle: async (asked) => await names.history(callerOf(asked).userId, asked.parameters.id),
    }),
    defineAction({
      method: 'POST',
      path: `${path}/:id/renew`,
      operation: 'renewName',
      group,
      summary: 'Pay for more years of a name',
      description: 'They begin where the paid time ends, or now where the grace is over.',
      access: writing,
      parameters,
      body: renewSchema,
      answer: renewedSchema,
      problems: { 404: 'not-found', 409: 'paid-far-ahead' },
      async handle(asked) {
        return { payment: await names.renew(callerOf(asked).userId, asked.parameters.id, asked.body) };
      },
    }),
  ];
}

function handoverRoutes({ names }: NameRouteParts): HttpRoute[] {
  const description =
    'The body holds a signed event of kind 27405 by the key that the name points at, with the tags `action`, `name`, `address`, `p` (the new pubkey) and `u` (the origin of this installation), each once. It is good for ten minutes and for one use.';
  const common = {
    method: 'POST',
    group,
    description,
    access: writing,
    parameters: z.object({ id: idSchema }),
    body: z.strictObject({ event: eventSchema }),
    answer: nameSchema,
    problems: { 400: 'bad-event', 403: 'wrong-signer', 404: 'not-found', 409: 'used-event' },
  } as const;
  return [
    defineAction({
      ...common,
      path: `${path}/:id/transfer`,
      operation: 'transferName',
      summary: 'Give a name to somebody else',
      handle: async (asked) => await names.transfer(callerOf(asked).userId, asked.parameters.id, asked.body.event),
    }),
    defineAction({
      ...common,
      path: `${path}/:id/rekey`,
      operation: 'rekeyName',
      summary: 'Point a name at another key of mine',
      handle: async (asked) => await names.rekey(callerOf(asked).userId, asked.parameters.id, asked.body.event),
    }),
  ];
}

function toUser({ userId, pubkey, role, by, credential }: Caller): NameUser {
  // What only admins give out is not given out by a key that lies in a program.
  return { userId, pubkey, role: by === 'api-key' ? 'user' : role, actor: actorOf({ userId, by, credential }) };
}
