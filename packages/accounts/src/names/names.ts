import type { Database } from '@nostrata/database';
import type { Outgoing } from '@nostrata/http';
import type { AuditLog, Checkout, EntitlementReads, Granter, NoticeBoard, RandomBytes } from '../contract.ts';
import { createNameAdmin, type NameAdmin } from './admin.ts';
import { createNameAnswers, type NameAnswers } from './answers.ts';
import { type AuditHost, createHostAudit } from './audit-host.ts';
import type { CheckAnswer, FindUser, NameDomains, NameUser } from './contract.ts';
import { createCoverReads } from './cover.ts';
import { createErasure, type EraseForPubkey } from './erase.ts';
import { createNameGranter } from './granter.ts';
import { createHandovers, type Handovers } from './handover.ts';
import { createNameHolders, type NameHolders } from './holder.ts';
import { type AskedName, createOffers } from './offers.ts';
import { createRegistry, type Register } from './registry.ts';
import { createHistory } from './rows.ts';
import { createRules } from './rules.ts';
import type { LengthPrice, NameSettings } from './settings.ts';
import { createSweep, type SweepReport } from './sweep.ts';
import { createVerifier, type Verify } from './verifier.ts';

/** What names are made of. */
export interface NameParts {
  readonly database: Database;
  readonly clock: { now(): number };
  readonly random: RandomBytes;
  readonly audit: AuditLog;
  readonly notices: NoticeBoard;
  readonly settings: NameSettings;
  readonly entitlements: EntitlementReads;
  readonly domains: NameDomains;
  readonly findUser: FindUser;
  readonly checkout: Checkout;
  /** The guarded way to hosts of others. */
  readonly outgoing: Outgoing;
  /** The public origin of the installation, which signed orders name. */
  readonly origin: string;
}

/** Hosts where somebody can have names, and what names cost a year by their length. */
export interface HostsAnswer {
  readonly items: readonly { readonly host: string; readonly kind: 'managed' | 'own' }[];
  readonly prices: readonly LengthPrice[];
}

/** Names of an installation (NIP-05). */
export interface Names extends Handovers, Omit<NameHolders, 'get'> {
  check(user: NameUser | undefined, asked: AskedName): Promise<CheckAnswer>;
  readonly register: Register;
  readonly get: NameHolders['get'];
  /** What an address of anybody stands for. */
  readonly verify: Verify;
  /** How well a host serves names. */
  readonly auditHost: AuditHost;
  hosts(user: NameUser | undefined): Promise<HostsAnswer>;
  /** Sells names; for payments. */
  readonly granter: Granter;
  readonly admin: NameAdmin;
  /** What `nostr.json` answers from. */
  readonly answers: NameAnswers;
  /** For a pubkey that asks to vanish (NIP-62): its names end and what points at it is removed. */
  readonly eraseForPubkey: EraseForPubkey;
  /** To be called every minute or so. */
  readonly sweep: () => Promise<SweepReport>;
}

/** Creates the names of an installation. */
export function createNames(parts: NameParts): Names {
  const { database, clock, random, settings, domains } = parts;
  const cover = createCoverReads(database, parts.entitlements, clock);
  const offers = createOffers({ database, clock, settings, domains, cover, ruleOf: createRules(database, settings) });
  const answers = createNameAnswers({ database, clock, settings, domains, cover });
  const shared = { ...parts, cover, offers, addChange: createHistory(clock, random), changed: answers.forget };
  return {
    check: offers.check,
    register: createRegistry(shared),
    ...createNameHolders(shared),
    ...createHandovers(shared),
    verify: createVerifier({ outgoing: parts.outgoing, clock, answers, hosts: settings.hosts }),
    auditHost: createHostAudit({ outgoing: parts.outgoing, origin: parts.origin }),
    async hosts(user) {
      const own = user ? await domains.hostsOf(user.userId) : [];
      const managed = settings.hosts.map((host) => ({ host, kind: 'managed' as const }));
      return { items: [...managed, ...own.map((host) => ({ host, kind: 'own' as const }))], prices: settings.prices };
    },
    granter: createNameGranter(shared),
    admin: createNameAdmin(shared),
    answers,
    eraseForPubkey: createErasure(shared),
    sweep: createSweep(shared),
  };
}
