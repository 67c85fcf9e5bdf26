import type { ApiSection, HttpRoute } from '@nostrata/http';
import type { Settings } from '../config/table.ts';
import { version } from '../version.ts';

/** What the documents of the API say of this installation. */
export function describeInstallation(settings: Settings) {
  const { collectKinds, snapshotSchedule, synthetic } = settings;
  return {
    title: 'Nostrata',
    version,
    notes: [
      `Figures are computed by the schedule ${snapshotSchedule} (cron, UTC).`,
      `Collected are ${collectKinds.trim() === '*' ? 'all kinds' : `the kinds ${collectKinds}`}.`,
      ...(synthetic ? ['This network is made up: its figures say nothing about Nostr.'] : []),
    ],
  };
}

/** The routes of the web of trust as the documents show them. */
export function toTrustSection(routes: readonly HttpRoute[]): ApiSection {
  return { routes, groups: { Trust: 'The web of trust: who is followed by whom, and what follows from it.' } };
}

/** The routes of accounts as the documents show them. */
export function toAccountsSection(routes: readonly HttpRoute[]): ApiSection {
  return {
    routes,
    groups: {
      'Sign in': 'Proving a key, sessions.',
      'API keys': 'Keys for programs, and what they were used for.',
      Names: 'Names (NIP-05): registered here, or those of others looked at.',
      Domains: 'Domains that users bring along and prove.',
      Subscriptions: 'Plans and what they entitle to.',
      Payments: 'Payments and receipts; deliveries of payment providers.',
      Webhooks: 'Being told of what happens.',
      Administration: 'For administrators and those who support them.',
    },
  };
}
