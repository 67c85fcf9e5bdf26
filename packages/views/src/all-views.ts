import type { View } from './contract.ts';
import { deletionsView } from './deletions.ts';
import { createEngagementView, type EngagementOptions } from './engagement.ts';
import { followsView } from './follows.ts';
import { inboxRelaysView } from './inbox-relays.ts';
import { listsView } from './lists.ts';
import { mutesView } from './mutes.ts';
import { profileView } from './profile.ts';
import { profileSearchView } from './profile-search.ts';
import { relayListView } from './relay-list.ts';
import { relaySetsView } from './relay-sets.ts';

/** Every view that this room has. */
export function createAllViews(options: EngagementOptions = {}): readonly View[] {
  return [
    profileView,
    profileSearchView,
    followsView,
    relayListView,
    relaySetsView,
    mutesView,
    listsView,
    deletionsView,
    createEngagementView(options),
    inboxRelaysView,
  ];
}
