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
