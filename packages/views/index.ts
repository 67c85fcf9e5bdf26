export { createAllViews } from './src/all-views.ts';
export type {
  RebuildOptions,
  RebuildReport,
  RowDifference,
  View,
  ViewStatus,
  Views,
  ViewTable,
  ViewTransaction,
} from './src/contract.ts';
export type { EngagementType, ZapCheck } from './src/contributions.ts';
export { type DeletionOfTarget, deletionsView, getDeletions } from './src/deletions.ts';
export { createEngagementView, type EngagementOptions } from './src/engagement.ts';
export {
  type Engagement,
  type EngagementEntry,
  getEngagement,
  getEngagementEntries,
  getEngagements,
} from './src/engagement-reading.ts';
export { ViewError } from './src/errors.ts';
export {
  countFollowers,
  type FollowList,
  followsView,
  getFollowers,
  getFollows,
  isFollowing,
} from './src/follows.ts';
export { getInboxRelays, type InboxRelays, inboxRelaysView } from './src/inbox-relays.ts';
export { getBookmarks, getFavorites, getLists, type List, listsView } from './src/lists.ts';
export { getMutes, type MuteLists, type MuteSource, mutesView } from './src/mutes.ts';
export { viewsPragmas } from './src/pragmas.ts';
export type { PrivatePart } from './src/private-part.ts';
export { getProfile, getProfiles, type ProfileRow, profileView } from './src/profile.ts';
export { type ProfileMatch, profileSearchView, searchProfiles } from './src/profile-search.ts';
export type { Sourced } from './src/reading.ts';
export { getRelayList, getRelayLists, type RelayList, relayListView } from './src/relay-list.ts';
export { getRelaySets, type RelaySet, relaySetsView } from './src/relay-sets.ts';
export { createViews, type ViewsOptions } from './src/views.ts';
